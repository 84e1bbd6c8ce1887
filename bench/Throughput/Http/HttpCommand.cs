using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Http;

/// <summary>The <c>http</c> subcommand: its options, and what they turn into.</summary>
internal static class HttpCommand
{
    public static Command Create()
    {
        var rounds = Number("--rounds", 5, "Rounds; a claim needs at least five.", least: 1);
        var seconds = Number("--seconds", 3, "Seconds measured in each round.", least: 1);
        var warmup = Number("--warmup", 2, "Seconds of load before each measurement.", least: 0);
        var connections = Number("--connections", 64, "Connections of the load.", least: 1);
        var pipeline = Number("--pipeline", 1, "Requests sent at once on a connection.", least: 1);
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
        var idle = Number("--idle-connections", 0, "Connections without traffic, held open meanwhile; adds the idle server's CPU and memory.", least: 0, Load.IdleConnections.Most);
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

    private static Option<int> Number(string name, int value, string description, int least, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            // Asking the result for its value would throw when it is no number; the parser has a message for that.
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out int given) && (given < least || given > most))
            {
                result.AddError(most == int.MaxValue ? $"{name} must be at least {least}." : $"{name} must be between {least} and {most}.");
            }
        });
        return option;
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
