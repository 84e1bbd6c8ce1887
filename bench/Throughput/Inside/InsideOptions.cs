using System.CommandLine;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Inside;

/// <summary>The options of all subcommands that measure within this process.</summary>
internal sealed class InsideOptions
{
    private readonly Option<int> _rounds = NumberOption.Create("--rounds", 5, "Rounds; the cases take turns in each.", least: 1);
    private readonly Option<int> _seconds = NumberOption.Create("--seconds", 3, "Seconds measured in each round.", least: 1);
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write all figures to this file." };
    private readonly Option<FileInfo?> _markdown = new("--markdown") { Description = "Write the table to this file." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_rounds, _seconds, _json, _markdown])
        {
            command.Add(option);
        }
    }

    public InsideSettings Read(ParseResult arguments) => new(
        arguments.GetValue(_rounds),
        TimeSpan.FromSeconds(arguments.GetValue(_seconds)),
        new ReportFiles(arguments.GetValue(_json), arguments.GetValue(_markdown), Svg: null));
}
