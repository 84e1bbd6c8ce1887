using System.CommandLine;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Servers;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>What shows in connections and in latencies: <c>idle</c>, <c>accept</c> and <c>latency</c>.</summary>
internal static class ConnectionCommands
{
    /// <summary>Nearly as many as fit into 20,000 descriptors.</summary>
    public const int ManyConnections = 19_500;

    /// <summary>What every candidate can do.</summary>
    public const int RatePerSecond = 20_000;

    private static readonly string[] s_withSockets = ["reactor", "reactor-epoll", "sockets", "sockets-inline", "kestrel", "kestrel-inline", "kestrel-reactor-inline"];

    /// <summary>Most connections say nothing, as of a chat or of devices.</summary>
    public static Command Idle()
    {
        var connections = NumberOption.Create("--connections", ManyConnections, "Connections, of which one in a hundred is busy.", least: 100, IdleConnections.Most);
        return Create(
            "idle",
            "Many connections, of which 1% are active: Reactor on each backend, sockets, Kestrel.",
            (settings, arguments, folder) => [IdleScenario(settings, arguments.GetValue(connections), folder)],
            connections);
    }

    /// <summary>Each request has a connection of its own.</summary>
    public static Command Accept()
    {
        var connections = NumberOption.Create("--connections", 64, "Connections at a time.", least: 1);
        var requests = NumberOption.Create("--requests", 1, "Requests on each before it ends.", least: 1);
        return Create(
            "accept",
            "Connections that come and go: Reactor on each backend, C loops, sockets, Kestrel.",
            (settings, arguments, folder) => [AcceptScenario(settings, arguments.GetValue(connections), arguments.GetValue(requests), folder)],
            connections,
            requests);
    }

    /// <summary>One connection, to and fro; and many at a fixed rate.</summary>
    public static Command Latency()
    {
        var rate = NumberOption.Create("--rate", RatePerSecond, "Requests a second of the second table, on 64 connections.", least: 1);
        return Create(
            "latency",
            "The round trip of one connection, and latencies at a fixed rate: Reactor sleeping, adaptive and spinning, C loops, sockets, Kestrel.",
            (settings, arguments, folder) => LatencyScenarios(settings, arguments.GetValue(rate), folder),
            rate);
    }

    public static (Scenario Scenario, IReadOnlyList<CandidateSource> Sources) IdleScenario(BenchSettings settings, int connections, TemporaryFolder folder)
    {
        int busy = connections / 100;
        var scenario = settings.Scenario("idle", new LoadSettings { Protocol = Protocol.Http, Connections = busy }) with { IdleConnections = connections - busy };
        return (scenario, Named(new Catalog(Protocol.Http, folder).All, s_withSockets));
    }

    public static (Scenario Scenario, IReadOnlyList<CandidateSource> Sources) AcceptScenario(BenchSettings settings, int connections, int requests, TemporaryFolder folder)
    {
        var load = new LoadSettings { Protocol = Protocol.Http, Connections = connections, RequestsPerConnection = requests };
        return (settings.Scenario("accept", load), Named(new Catalog(Protocol.Http, folder).All, [.. s_withSockets, "c-aio", "c-epoll"]));
    }

    public static IReadOnlyList<(Scenario Scenario, IReadOnlyList<CandidateSource> Sources)> LatencyScenarios(BenchSettings settings, int rate, TemporaryFolder folder)
    {
        var catalog = new Catalog(Protocol.Http, folder);
        IReadOnlyList<CandidateSource> sources =
        [
            .. Named(catalog.All, ["reactor"]), catalog.Adaptive, catalog.Spinning,
            .. Named(catalog.All, [.. s_withSockets.Except(["reactor"]), "listener", "c-aio", "c-epoll"]),
        ];
        return
        [
            (settings.Scenario("latency-1", new LoadSettings { Protocol = Protocol.Http, Connections = 1, Spins = true }), sources),
            (settings.Scenario("latency-rate", new LoadSettings { Protocol = Protocol.Http, Connections = 64, Rate = rate, Spins = true }), sources),
        ];
    }

    private static Command Create(
        string name,
        string description,
        Func<BenchSettings, ParseResult, TemporaryFolder, IReadOnlyList<(Scenario Scenario, IReadOnlyList<CandidateSource> Sources)>> scenarios,
        params ReadOnlySpan<Option> own)
    {
        var common = new BenchOptions();
        var command = new Command(name, description);
        foreach (Option option in own)
        {
            command.Add(option);
        }

        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            return BenchProgram.RunAsync(settings, folder => scenarios(settings, arguments, folder), cancellation);
        });
        return command;
    }

    private static IReadOnlyList<CandidateSource> Named(IReadOnlyList<CandidateSource> all, string[] names) =>
        [.. all.Where(source => names.Contains(source.Name))];
}
