using System.CommandLine;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>What shows in connections and in latencies: <c>idle</c>, <c>accept</c> and <c>latency</c>.</summary>
internal static class ConnectionCommands
{
    /// <summary>Most connections say nothing, as of a chat or of devices.</summary>
    public static Command Idle()
    {
        var common = new BenchOptions();
        var connections = NumberOption.Create("--connections", 19_500, "Connections, of which one in a hundred is busy.", least: 100, IdleConnections.Most);
        var command = new Command("idle", "Many connections, of which 1% are active: Reactor on each backend, sockets, Kestrel.") { connections };
        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            int all = arguments.GetValue(connections);
            int busy = all / 100;
            var scenario = settings.Scenario($"idle-{all}", new LoadSettings { Protocol = Protocol.Http, Connections = busy }) with { IdleConnections = all - busy };
            return BenchProgram.RunAsync(
                settings,
                folder => [(scenario, Named(new Catalog(Protocol.Http, folder).All, "reactor", "reactor-epoll", "sockets", "sockets-inline", "kestrel", "kestrel-inline", "kestrel-reactor-inline"))],
                cancellation);
        });
        return command;
    }

    /// <summary>Each request has a connection of its own.</summary>
    public static Command Accept()
    {
        var common = new BenchOptions();
        var connections = NumberOption.Create("--connections", 64, "Connections at a time.", least: 1);
        var requests = NumberOption.Create("--requests", 1, "Requests on each before it ends.", least: 1);
        var command = new Command("accept", "Connections that come and go: Reactor on each backend, C loops, sockets, Kestrel.") { connections, requests };
        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            var load = new LoadSettings { Protocol = Protocol.Http, Connections = arguments.GetValue(connections), RequestsPerConnection = arguments.GetValue(requests) };
            return BenchProgram.RunAsync(
                settings,
                folder => [(settings.Scenario($"accept-{load.Connections}", load), Named(new Catalog(Protocol.Http, folder).All, "reactor", "reactor-epoll", "c-aio", "c-epoll", "sockets", "sockets-inline", "kestrel", "kestrel-inline", "kestrel-reactor-inline"))],
                cancellation);
        });
        return command;
    }

    /// <summary>One connection, to and fro; and many at a fixed rate.</summary>
    public static Command Latency()
    {
        var common = new BenchOptions();
        var rate = NumberOption.Create("--rate", 20_000, "Requests a second of the second table, on 64 connections.", least: 1);
        var command = new Command("latency", "The round trip of one connection, and latencies at a fixed rate: Reactor sleeping, adaptive and spinning, C loops, sockets, Kestrel.") { rate };
        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            int perSecond = arguments.GetValue(rate);
            return BenchProgram.RunAsync(
                settings,
                folder =>
                {
                    var catalog = new Catalog(Protocol.Http, folder);
                    IReadOnlyList<CandidateSource> sources =
                    [
                        .. Named(catalog.All, "reactor"), catalog.Adaptive, catalog.Spinning,
                        .. Named(catalog.All, "reactor-epoll", "listener", "c-aio", "c-epoll", "sockets", "sockets-inline", "kestrel", "kestrel-inline", "kestrel-reactor-inline"),
                    ];
                    return
                    [
                        (settings.Scenario("latency-1", new LoadSettings { Protocol = Protocol.Http, Connections = 1, Spins = true }), sources),
                        (settings.Scenario($"latency-rate-{perSecond}", new LoadSettings { Protocol = Protocol.Http, Connections = 64, Rate = perSecond, Spins = true }), sources),
                    ];
                },
                cancellation);
        });
        return command;
    }

    private static IReadOnlyList<CandidateSource> Named(IReadOnlyList<CandidateSource> all, params string[] names) =>
        [.. all.Where(source => names.Contains(source.Name))];
}
