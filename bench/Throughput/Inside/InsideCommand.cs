using System.CommandLine;
using Reactor.Bench.Throughput.Commands;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Inside;

/// <summary>Makes a subcommand of a table that is measured within this process.</summary>
internal static class InsideCommand
{
    public static Command Create(
        string name, string description, Func<InsideSettings, ParseResult, IAnsiConsole, CancellationToken, Task<FigureTable>> run, params ReadOnlySpan<Option> own)
    {
        var options = new InsideOptions();
        var command = new Command(name, description);
        foreach (Option option in own)
        {
            command.Add(option);
        }

        options.AddTo(command);
        command.SetAction((arguments, cancellation) => BenchProgram.GuardAsync(
            async console =>
            {
                var settings = options.Read(arguments);
                var table = await run(settings, arguments, console, cancellation);
                await settings.Files.WriteAsync(new BenchResults([], [table]), cancellation);
            },
            cancellation));
        return command;
    }
}
