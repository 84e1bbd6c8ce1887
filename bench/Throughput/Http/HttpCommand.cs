using System.CommandLine;
using System.CommandLine.Parsing;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Http;

/// <summary>The <c>http</c> subcommand: its options, and what they turn into.</summary>
internal static class HttpCommand
{
    public static Command Create()
    {
        var rounds = NumberOption.Create("--rounds", 5, "Rounds; a claim needs at least five.", least: 1);
        var seconds = NumberOption.Create("--seconds", 3, "Seconds measured in each round.", least: 1);
        var warmup = NumberOption.Create("--warmup", 2, "Seconds of load before each measurement.", least: 0);
        var connections = NumberOption.Create("--connections", 64, "Connections of the load.", least: 1);
        var pipeline = NumberOption.Create("--pipeline", 1, "Requests sent at once on a connection.", least: 1);
        var path = new Option<string>("--path")
        {
            Description = "What is asked for. The C loops answer everything with the plaintext.",
            DefaultValueFactory = _ => "/plaintext",
        };
        path.Validators.Add(RequireAbsolutePath);
        var candidates = new Option<Candidate[]>("--candidate")
        {
            Description = "NAME=[VARIABLE=VALUE …] COMMAND, run in the repository's root with {port} replaced; may be repeated. Takes the place of a default of the same name.",
            CustomParser = ParseCandidates,
            DefaultValueFactory = _ => [],
        };
        var only = new Option<string>("--only")
        {
            Description = "Just these candidates, separated by commas; the first is the base of the ratios.",
            DefaultValueFactory = _ => "",
        };
        var idle = NumberOption.Create("--idle-connections", 0, "Connections without traffic, held open meanwhile; adds the idle server's CPU and memory.", least: 0, Load.IdleConnections.Most);
        var discard = new Option<bool>("--discard-noisy") { Description = "Leave out rounds in which other processes used more than 5% of a core." };
        var json = new Option<FileInfo?>("--json") { Description = "Write all figures to this file." };
        var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the table to this file." };

        var command = new Command("http", "HTTP servers under wrk.")
        {
            rounds, seconds, warmup, connections, pipeline, path, candidates, only, idle, discard, json, markdown,
        };
        command.SetAction((arguments, cancellation) =>
        {
            var settings = new HttpSettings
            {
                Rounds = arguments.GetValue(rounds),
                Seconds = arguments.GetValue(seconds),
                WarmupSeconds = arguments.GetValue(warmup),
                Connections = arguments.GetValue(connections),
                Pipeline = arguments.GetValue(pipeline),
                Path = arguments.GetValue(path)!,
                IdleConnections = arguments.GetValue(idle),
                DiscardNoisy = arguments.GetValue(discard),
            };
            var outputs = new ReportFiles(arguments.GetValue(json), arguments.GetValue(markdown));
            string[] names = arguments.GetValue(only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return new HttpRun(settings, outputs).ExecuteAsync(arguments.GetValue(candidates)!, names, cancellation);
        });
        return command;
    }

    private static void RequireAbsolutePath(OptionResult result)
    {
        if (result.GetValueOrDefault<string>() is not ['/', ..])
        {
            result.AddError("--path must begin with '/'.");
        }
    }

    private static Candidate[]? ParseCandidates(ArgumentResult result)
    {
        try
        {
            return [.. result.Tokens.Select(token => Candidate.Parse(token.Value))];
        }
        catch (FormatException exception)
        {
            result.AddError(exception.Message);
            return null;
        }
    }
}
