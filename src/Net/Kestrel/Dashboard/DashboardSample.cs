using System.Text.Json.Serialization;

namespace Reactor.Net.Kestrel.Dashboard;

/// <summary>What the page is sent once, when it opens.</summary>
/// <param name="Process">What the process is called, and its number.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="Shards">What they are.</param>
internal sealed record DashboardHello(string Process, string Runtime, IReadOnlyList<ShardHello> Shards);

/// <param name="Id">Of the shard.</param>
/// <param name="Cpu">That it is pinned to; null if to none.</param>
/// <param name="Backend">How it polls.</param>
internal sealed record ShardHello(int Id, int? Cpu, string Backend);

/// <summary>One second.</summary>
/// <param name="Shards">By their ids.</param>
/// <param name="OtherRequests">Per second, over connections that belong to no shard.</param>
/// <param name="WorkingSet">Of the process, in bytes.</param>
/// <param name="Allocated">Bytes per second that the process has allocated.</param>
internal sealed record DashboardSample(IReadOnlyList<ShardSample> Shards, double OtherRequests, long WorkingSet, double Allocated);

/// <param name="Requests">Per second.</param>
/// <param name="Utilization">0 to 1: the part of the time in which it was busy.</param>
/// <param name="PollsPerSubmit">How many polls one system call armed; null if there was none.</param>
/// <param name="Wait">0 to 1: the part of the time in which something was ready and had to wait for others.</param>
/// <param name="Connections">Open now.</param>
/// <param name="Stalls">In this second.</param>
/// <param name="AllStalls">Since the start.</param>
/// <param name="SystemCalls">Per second.</param>
internal sealed record ShardSample(double Requests, double Utilization, double? PollsPerSubmit, double Wait, long Connections, long Stalls, long AllStalls, double SystemCalls);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DashboardHello))]
[JsonSerializable(typeof(DashboardSample))]
internal sealed partial class DashboardJson : JsonSerializerContext;
