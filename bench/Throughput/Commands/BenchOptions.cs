using System.CommandLine;
using System.CommandLine.Parsing;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>The options that all subcommands with servers take.</summary>
internal sealed class BenchOptions
{
    private readonly Option<int> _rounds;
    private readonly Option<int> _seconds;
    private readonly Option<int> _warmup;
    private readonly Option<bool> _discard = new("--discard-noisy") { Description = "Leave out rounds in which other processes used more than 5% of a core." };
    private readonly Option<bool> _probes;
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write all figures to this file." };
    private readonly Option<FileInfo?> _markdown = new("--markdown") { Description = "Write the tables to this file." };
    private readonly Option<DirectoryInfo?> _svg = new("--svg") { Description = "Write a chart for each table into this folder." };

    private readonly Option<Candidate[]> _candidates = new("--candidate")
    {
        Description = "NAME=[VARIABLE=VALUE …] COMMAND, run in the repository's root with {port} replaced; may be repeated. Takes the place of a default of the same name.",
        CustomParser = ParseCandidates,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _only = new("--only")
    {
        Description = "Just these candidates, separated by commas; the first is the base of the ratios.",
        DefaultValueFactory = _ => "",
    };

    /// <param name="rounds">How many, unless the user says.</param>
    /// <param name="seconds">Of each.</param>
    /// <param name="warmup">Seconds before each.</param>
    /// <param name="probes">Whether to look at system calls and allocations.</param>
    public BenchOptions(int rounds = 5, int seconds = 3, int warmup = 2, bool probes = true)
    {
        _probes = new Option<bool>("--probes") { Description = "Look at system calls and allocations afterwards, in runs of their own.", DefaultValueFactory = _ => probes };
        _rounds = NumberOption.Create("--rounds", rounds, "Rounds; a claim needs at least five.", least: 1);
        _seconds = NumberOption.Create("--seconds", seconds, "Seconds measured in each round.", least: 1);
        _warmup = NumberOption.Create("--warmup", warmup, "Seconds of load before each measurement.", least: 0);
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_rounds, _seconds, _warmup, _discard, _probes, _candidates, _only, _json, _markdown, _svg])
        {
            command.Add(option);
        }
    }

    public BenchSettings Read(ParseResult arguments) => new()
    {
        Rounds = arguments.GetValue(_rounds),
        Time = TimeSpan.FromSeconds(arguments.GetValue(_seconds)),
        Warmup = TimeSpan.FromSeconds(arguments.GetValue(_warmup)),
        DiscardNoisy = arguments.GetValue(_discard),
        Probes = arguments.GetValue(_probes),
        Candidates = arguments.GetValue(_candidates)!,
        Only = arguments.GetValue(_only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Files = new ReportFiles(arguments.GetValue(_json), arguments.GetValue(_markdown), arguments.GetValue(_svg)),
    };

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
