using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Servers;

/// <summary>One thing that servers are compared by: the load, and how often and how long it is measured.</summary>
internal sealed record Scenario
{
    /// <summary>Names it in files: <c>http-64</c>.</summary>
    public required string Id { get; init; }

    public required LoadSettings Load { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Time { get; init; }

    public required TimeSpan Warmup { get; init; }

    /// <summary>Connections without traffic, held open meanwhile.</summary>
    public int IdleConnections { get; init; }

    /// <summary>Rounds in which others used the machine are left out.</summary>
    public bool DiscardNoisy { get; init; }

    /// <summary>wrk makes the load, not the program's own generator.</summary>
    public bool UsesWrk { get; init; }

    /// <summary>Whether system calls and allocations are looked at, in runs of their own.</summary>
    public bool Probes { get; init; }

    /// <summary>One line that says what was asked of the servers.</summary>
    public string Title()
    {
        string what = Load.Protocol == Protocol.Http ? $"HTTP GET {Load.Path}" : $"Echo of {Load.PayloadBytes} bytes";
        string connections = Load.Connections == 1 ? "1 connection" : $"{Load.Connections:N0} connections";
        string depth = Load.Pipeline > 1 ? $", pipelined {Load.Pipeline} deep" : "";
        string idle = IdleConnections > 0 ? $", {IdleConnections:N0} idle connections" : "";
        string rate = Load.Rate is { } value ? $", {value:N0} requests/s" : "";
        string churn = Load.RequestsPerConnection is { } requests ? $", a new connection after {(requests == 1 ? "each request" : $"{requests} requests")}" : "";
        string wrk = UsesWrk ? ", wrk" : "";
        return $"{what}: {connections}{depth}{idle}{rate}{churn}; {Rounds} × {Time.TotalSeconds:0.#} s after {Warmup.TotalSeconds:0.#} s of warm-up{wrk}";
    }
}
