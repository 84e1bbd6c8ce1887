using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Http;

/// <summary>A whole run: prepare the candidates, measure them in turn, report.</summary>
internal sealed class HttpRun(HttpSettings settings, ReportFiles files)
{
    /// <summary>What shells call an end by Ctrl-C.</summary>
    private const int Interrupted = 130;

    private readonly IAnsiConsole _console = AnsiConsole.Console;
    private readonly List<string> _skipped = [];

    /// <returns>The program's exit code.</returns>
    public async Task<int> ExecuteAsync(IReadOnlyList<Candidate> own, IReadOnlyList<string> only, CancellationToken cancellation)
    {
        ConsoleReport.Prepare(_console);
        try
        {
            Require();
            using var folder = new TemporaryFolder();
            var candidates = await PrepareAsync(CandidateSelection.Select(HttpCandidates.Default(folder), own, only), cancellation);
            var machine = await Machine.DescribeAsync(cancellation);
            ConsoleReport.WriteHeader(_console, settings.Title(), machine);

            var rounds = await MeasureAsync(candidates, folder, cancellation);
            var report = Judge(machine, [.. candidates.Select(candidate => candidate.Name)], rounds);
            ConsoleReport.WriteTable(_console, report);
            await files.WriteAsync(report, cancellation);
            return 0;
        }
        catch (BenchFailure failure)
        {
            _console.MarkupLineInterpolated($"[red]{failure.Message}[/]");
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _console.MarkupLine("[red]Interrupted; what was started has been stopped.[/]");
            return Interrupted;
        }
    }

    private void Require()
    {
        WrkLoad.Require();
        IdleConnections.Require(settings.IdleConnections);
        if (Environment.ProcessorCount <= Cpus.Load)
        {
            throw new BenchFailure("A measurement needs two CPUs, one for the server and one for the load; this process may use one.", BenchFailure.CannotStart);
        }
    }

    private async Task<List<Candidate>> PrepareAsync(IReadOnlyList<CandidateSource> sources, CancellationToken cancellation)
    {
        List<Candidate> ready = [];
        foreach (var source in sources)
        {
            _console.MarkupLineInterpolated($"[grey]preparing {source.Name}[/]");
            var preparation = await source.PrepareAsync(cancellation);
            if (preparation.Candidate is { } candidate)
            {
                ready.Add(candidate);
            }
            else
            {
                _skipped.Add($"{source.Name}: {preparation.SkipReason}");
                _console.MarkupLineInterpolated($"[yellow]{source.Name} is skipped: {preparation.SkipReason}[/]");
            }
        }

        return ready.Count > 0 ? ready : throw new BenchFailure("No candidate is left to measure.", BenchFailure.CannotStart);
    }

    /// <summary>Candidates take turns (A B C A B C), so that a slow phase of the host falls on all of them alike.</summary>
    private async Task<List<Round>> MeasureAsync(List<Candidate> candidates, TemporaryFolder folder, CancellationToken cancellation)
    {
        var measurement = new HttpMeasurement(settings, new WrkLoad(settings.Connections, settings.Pipeline, settings.Path, folder));
        List<Round> rounds = [];
        for (int number = 1; number <= settings.Rounds; number++)
        {
            foreach (var candidate in candidates)
            {
                var round = await measurement.RunAsync(candidate, number, cancellation);
                rounds.Add(round);
                _console.MarkupLineInterpolated(
                    $"[grey]round {number}  {candidate.Name,-16} {round.CpuMicrosecondsPerRequest,8:0.000} µs/req {round.RequestsPerSecond,10:N0} req/s  others {round.ForeignShare,4:P0}[/]");
            }
        }

        return rounds;
    }

    private Report Judge(Machine machine, string[] candidates, List<Round> rounds)
    {
        var kept = settings.DiscardNoisy ? rounds.FindAll(round => !round.IsNoisy) : rounds;
        var lost = candidates.Except(kept.Select(round => round.Candidate)).ToList();
        if (lost.Count > 0)
        {
            throw new BenchFailure($"Other processes disturbed every round of {string.Join(", ", lost)}: measure when the machine is quiet.", BenchFailure.Failed);
        }

        return new Report(settings.Title(), machine, candidates, _skipped, kept, [.. rounds.Except(kept)]);
    }
}
