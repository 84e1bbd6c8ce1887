using System.CommandLine;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Inside;
using Reactor.Bench.Throughput.Inside.CrossShard;
using Reactor.Bench.Throughput.Inside.Preempt;
using Reactor.Bench.Throughput.Inside.Timers;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>The <c>all</c> subcommand: everything that the documentation shows, in an hour or two.</summary>
internal static class AllCommand
{
    private static readonly TimeSpan s_jobTime = TimeSpan.FromMilliseconds(20);

    public static Command Create()
    {
        var common = new BenchOptions();
        var command = new Command("all", "Every table of the documentation, one after the other; one to two hours.");
        common.AddTo(command);
        command.SetAction((arguments, cancellation) => BenchProgram.GuardAsync(
            async console =>
            {
                var settings = common.Read(arguments);
                using var folder = new TemporaryFolder();
                List<Report> reports = [];
                foreach (var (scenario, sources) in ServersOf(settings, folder))
                {
                    reports.Add(await BenchProgram.MeasureAsync(ThoseThatCan(scenario, sources, settings), scenario, sources, folder, console, cancellation));

                    // What has been measured stays, whatever becomes of the rest.
                    await settings.Files.WriteAsync(new BenchResults(reports, []), cancellation);
                }

                var inside = new InsideSettings(settings.Rounds, settings.Time, settings.Files);
                List<FigureTable> figures =
                [
                    await CrossShardCommand.RunAsync(inside, console, cancellation),
                    await TimersCommand.RunAsync(inside, console, cancellation),
                    await PreemptCommand.RunAsync(s_jobTime, inside, console, cancellation),
                ];
                await settings.Files.WriteAsync(new BenchResults(reports, figures), cancellation);
            },
            cancellation));
        return command;
    }

    /// <summary>The user's own candidates speak HTTP, and not everyone who is asked for is in every table.</summary>
    private static BenchSettings ThoseThatCan(Servers.Scenario scenario, IReadOnlyList<CandidateSource> sources, BenchSettings settings)
    {
        IReadOnlyList<Candidate> own = scenario.Load.Protocol == Protocol.Http ? settings.Candidates : [];
        string[] only = [.. settings.Only.Where(name => sources.Any(source => source.Name == name) || own.Any(candidate => candidate.Name == name))];
        return settings with { Candidates = own, Only = only };
    }

    private static IEnumerable<(Servers.Scenario Scenario, IReadOnlyList<CandidateSource> Sources)> ServersOf(BenchSettings settings, TemporaryFolder folder)
    {
        foreach (var protocol in (Protocol[])[Protocol.Http, Protocol.Echo])
        {
            var catalog = new Catalog(protocol, folder);
            string name = protocol == Protocol.Http ? "http" : "echo";
            foreach (int connections in (int[])[64, 512])
            {
                yield return (settings.Scenario($"{name}-{connections}", new LoadSettings { Protocol = protocol, Connections = connections }), catalog.All);
            }
        }

        var http = new Catalog(Protocol.Http, folder);
        yield return (settings.Scenario("http-64-pipelined-16", new LoadSettings { Protocol = Protocol.Http, Connections = 64, Pipeline = 16 }), http.All);
        yield return (settings.Scenario("kestrel-64-json", new LoadSettings { Protocol = Protocol.Http, Connections = 64, Path = "/json" }), http.KestrelOnAll);
        yield return ConnectionCommands.IdleScenario(settings, ConnectionCommands.ManyConnections, folder);
        yield return ConnectionCommands.AcceptScenario(settings, connections: 64, requests: 1, folder);
        foreach (var latency in ConnectionCommands.LatencyScenarios(settings, ConnectionCommands.RatePerSecond, folder))
        {
            yield return latency;
        }
    }
}
