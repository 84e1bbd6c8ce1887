using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Load.Generator;
using Reactor.Bench.Throughput.Load.Wrk;
using Reactor.Bench.Throughput.Probes;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Servers;

/// <summary>One scenario as a whole: prepare the candidates, measure them in turn, look at them, report.</summary>
internal sealed class ServerRun(Scenario scenario, IReadOnlyList<CandidateSource> sources, TemporaryFolder folder, IAnsiConsole console)
{
    private static readonly TimeSpan s_probeTime = TimeSpan.FromSeconds(3);

    private readonly List<string> _skipped = [];
    private readonly LoadTool _load = scenario.UsesWrk ? new WrkLoad(scenario.Load, folder) : new GeneratorLoad(scenario.Load);

    public async Task<Report> ExecuteAsync(CancellationToken cancellation)
    {
        Require();
        var candidates = await PrepareAsync(cancellation);
        var machine = await Machine.DescribeAsync(cancellation);
        ConsoleReport.WriteHeader(console, scenario.Title(), machine);

        var rounds = await MeasureAsync(candidates, cancellation);
        var probes = scenario.Probes ? await ProbeAsync(candidates, cancellation) : new Dictionary<string, ProbeFigures>();
        var report = Judge(machine, [.. candidates.Select(candidate => candidate.Name)], rounds, probes);
        ConsoleReport.WriteTable(console, report);
        return report;
    }

    private void Require()
    {
        if (scenario.UsesWrk)
        {
            WrkLoad.Require();
        }

        if (ExternalTool.Find("taskset") is null)
        {
            throw new BenchFailure("taskset is not installed: run bench/install-tools.sh.", BenchFailure.CannotStart);
        }

        IdleConnections.Require(scenario.IdleConnections);
        if (Environment.ProcessorCount <= Cpus.Load)
        {
            throw new BenchFailure("A measurement needs two CPUs, one for the server and one for the load; this process may use one.", BenchFailure.CannotStart);
        }
    }

    private async Task<List<Candidate>> PrepareAsync(CancellationToken cancellation)
    {
        List<Candidate> ready = [];
        foreach (var source in sources)
        {
            console.MarkupLineInterpolated($"[grey]preparing {source.Name}[/]");
            var preparation = await source.PrepareAsync(cancellation);
            if (preparation.Candidate is { } candidate)
            {
                ready.Add(candidate);
            }
            else
            {
                _skipped.Add($"{source.Name}: {preparation.SkipReason}");
                console.MarkupLineInterpolated($"[yellow]{source.Name} is skipped: {preparation.SkipReason}[/]");
            }
        }

        return ready.Count > 0 ? ready : throw new BenchFailure("No candidate is left to measure.", BenchFailure.CannotStart);
    }

    /// <summary>Candidates take turns (A B C A B C), so that a slow phase of the host falls on all of them alike.</summary>
    private async Task<List<Round>> MeasureAsync(List<Candidate> candidates, CancellationToken cancellation)
    {
        var measurement = new ServerMeasurement(scenario, _load);
        List<Round> rounds = [];
        for (int number = 1; number <= scenario.Rounds; number++)
        {
            foreach (var candidate in candidates)
            {
                var round = await measurement.RunAsync(candidate, number, cancellation);
                rounds.Add(round);
                console.MarkupLineInterpolated(
                    $"[grey]round {number}  {candidate.Name,-24} {round.CpuMicrosecondsPerRequest,8:0.000} µs/req {round.RequestsPerSecond,10:N0} req/s  others {round.ForeignShare,4:P0}[/]");
            }
        }

        return rounds;
    }

    private async Task<Dictionary<string, ProbeFigures>> ProbeAsync(List<Candidate> candidates, CancellationToken cancellation)
    {
        Dictionary<string, ProbeFigures> figures = [];
        foreach (var candidate in candidates)
        {
            console.MarkupLineInterpolated($"[grey]looking at {candidate.Name}[/]");
            figures.Add(candidate.Name, await ProbeAsync(candidate, cancellation));
        }

        return figures;
    }

    private async Task<ProbeFigures> ProbeAsync(Candidate candidate, CancellationToken cancellation)
    {
        using var server = await CandidateProcess.StartAsync(candidate, scenario.Load, cancellation);
        (double BytesPerRequest, double CollectionsPerSecond)? allocations =
            AllocationProbe.IsAvailable(server) ? await AllocationProbe.RunAsync(server, _load, scenario.Warmup, s_probeTime, cancellation) : null;
        var calls = SystemCallProbe.IsAvailable
            ? await SystemCallProbe.RunAsync(server, _load, s_probeTime, folder, cancellation)
            : new Dictionary<string, double>();
        return new ProbeFigures(calls.Count > 0 ? calls.Values.Sum() : null, calls, allocations?.BytesPerRequest, allocations?.CollectionsPerSecond);
    }

    private Report Judge(Machine machine, string[] candidates, List<Round> rounds, Dictionary<string, ProbeFigures> probes)
    {
        var kept = scenario.DiscardNoisy ? rounds.FindAll(round => !round.IsNoisy) : rounds;
        var lost = candidates.Except(kept.Select(round => round.Candidate)).ToList();
        if (lost.Count > 0)
        {
            throw new BenchFailure($"Other processes disturbed every round of {string.Join(", ", lost)}: measure when the machine is quiet.", BenchFailure.Failed);
        }

        return new Report(scenario.Id, scenario.Title(), machine, candidates, _skipped, kept, [.. rounds.Except(kept)], probes);
    }
}
