using System.CommandLine;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>The <c>quick</c> subcommand, which runs when none is named: a first look in under two minutes, builds not counted.</summary>
internal static class QuickCommand
{
    private static readonly string[] s_candidates = ["reactor", "reactor-epoll", "listener", "c-aio", "sockets", "kestrel", "kestrel-reactor-inline"];

    public static Command Create()
    {
        var command = new Command("quick", "HTTP and echo at 64 connections, once, in under two minutes: to see it work, not for a claim.");
        AddTo(command);
        return command;
    }

    /// <summary>Makes it what a command does.</summary>
    public static void AddTo(Command command)
    {
        var common = new BenchOptions(rounds: 1, seconds: 1, warmup: 1, probes: false);
        common.AddTo(command);
        command.SetAction((arguments, cancellation) =>
        {
            var settings = common.Read(arguments);
            return BenchProgram.RunAsync(
                settings,
                folder =>
                [
                    .. new[] { Protocol.Http, Protocol.Echo }.Select(protocol =>
                    {
                        IReadOnlyList<CandidateSource> sources = [.. new Catalog(protocol, folder).All.Where(source => settings.Only.Count > 0 || s_candidates.Contains(source.Name))];
                        string id = protocol == Protocol.Http ? "http-64" : "echo-64";
                        return (settings.Scenario(id, new LoadSettings { Protocol = protocol, Connections = 64 }), sources);
                    }),
                ],
                cancellation);
        });
    }
}
