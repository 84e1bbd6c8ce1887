using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Results;
using Reactor.Bench.Throughput.Servers;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>Runs scenarios one after the other, and turns whatever happens into an exit code.</summary>
internal static class BenchProgram
{
    /// <summary>What shells call an end by Ctrl-C.</summary>
    private const int Interrupted = 130;

    /// <param name="settings">What the user has asked for.</param>
    /// <param name="scenarios">What to measure, and by whom it can be served.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public static Task<int> RunAsync(
        BenchSettings settings, Func<TemporaryFolder, IReadOnlyList<(Scenario Scenario, IReadOnlyList<CandidateSource> Sources)>> scenarios, CancellationToken cancellation) =>
        GuardAsync(
            async console =>
            {
                using var folder = new TemporaryFolder();
                List<Report> reports = [];
                foreach (var (scenario, sources) in scenarios(folder))
                {
                    reports.Add(await MeasureAsync(settings, scenario, sources, folder, console, cancellation));

                    // What has been measured stays, whatever becomes of the rest.
                    await settings.Files.WriteAsync(new BenchResults(reports, []), cancellation);
                }
            },
            cancellation);

    /// <summary>One scenario, with those candidates that the user has asked for.</summary>
    public static Task<Report> MeasureAsync(
        BenchSettings settings, Scenario scenario, IReadOnlyList<CandidateSource> sources, TemporaryFolder folder, IAnsiConsole console, CancellationToken cancellation) =>
        new ServerRun(scenario, CandidateSelection.Select(sources, settings.Candidates, settings.Only), folder, console).ExecuteAsync(cancellation);

    /// <returns>The program's exit code.</returns>
    public static async Task<int> GuardAsync(Func<IAnsiConsole, Task> run, CancellationToken cancellation)
    {
        var console = AnsiConsole.Console;
        ConsoleReport.Prepare(console);
        try
        {
            await run(console);
            return 0;
        }
        catch (BenchFailure failure)
        {
            console.MarkupLineInterpolated($"[red]{failure.Message}[/]");
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            console.MarkupLine("[red]Interrupted; what was started has been stopped.[/]");
            return Interrupted;
        }
    }
}
