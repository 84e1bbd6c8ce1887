using System.Globalization;
using Reactor.Bench.Throughput.Probes;

namespace Reactor.Bench.Throughput.Results;

/// <summary>Everything that one scenario found out.</summary>
/// <param name="Id">Names it in files.</param>
/// <param name="Title">What was measured, in one line with its settings.</param>
/// <param name="Machine">Where.</param>
/// <param name="Candidates">The names of those measured, in the order of the table.</param>
/// <param name="Skipped">Candidates that could not be had, and why.</param>
/// <param name="Rounds">The rounds that count.</param>
/// <param name="Discarded">Rounds left out because others used the machine.</param>
/// <param name="Probes">What was seen in runs of their own, by candidate.</param>
internal sealed record Report(
    string Id,
    string Title,
    Machine Machine,
    IReadOnlyList<string> Candidates,
    IReadOnlyList<string> Skipped,
    IReadOnlyList<Round> Rounds,
    IReadOnlyList<Round> Discarded,
    IReadOnlyDictionary<string, ProbeFigures> Probes)
{
    private const int NamedSystemCalls = 4;
    private const int RoundsForAClaim = 5;

    public IReadOnlyList<Summary> Summaries { get; } = Summary.Of(Candidates, Rounds);

    /// <summary>The table's columns, the same on the console and in Markdown.</summary>
    public IReadOnlyList<Column> Columns()
    {
        List<Column> columns =
        [
            new("candidate", row => row.Candidate, IsText: true),
            new("req/s", row => Format(row.RequestsPerSecond.Median, "N0")),
            new("CPU µs/req", row => Format(row.CpuMicrosecondsPerRequest.Median, "0.000")),
            new("min–max", row => $"{Format(row.CpuMicrosecondsPerRequest.Min, "0.00")}–{Format(row.CpuMicrosecondsPerRequest.Max, "0.00")}"),
            new("ratio", row => Format(row.Ratio.Median, "0.000")),
            new("util", row => Format(row.Utilisation.Median, "0.00")),
            new("p50 µs", row => Format(row.P50Microseconds?.Median, "N0")),
            new("p99 µs", row => Format(row.P99Microseconds?.Median, "N0")),
            new("p99.9 µs", row => Format(row.P999Microseconds?.Median, "N0")),
            new("vol cs/req", row => Format(row.VoluntarySwitchesPerRequest, "0.0000")),
            new("invol cs/req", row => Format(row.InvoluntarySwitchesPerRequest, "0.0000")),
            new("RSS MiB", row => Format(row.ResidentBytes / (1 << 20), "0.0")),
        ];
        if (Probes.Values.Any(probe => probe.SystemCallsPerRequest is not null))
        {
            columns.Add(new("calls/req", row => Format(ProbeOf(row)?.SystemCallsPerRequest, "0.000")));
        }

        if (Probes.Values.Any(probe => probe.AllocatedBytesPerRequest is not null))
        {
            columns.Add(new("B/req", row => Format(ProbeOf(row)?.AllocatedBytesPerRequest, "N0")));
            columns.Add(new("GC/s", row => Format(ProbeOf(row)?.CollectionsPerSecond, "0.0")));
        }

        if (Summaries.Any(row => row.IdleCpuShare is not null))
        {
            columns.Add(new("idle CPU %", row => Format(row.IdleCpuShare * 100, "0.00")));
            columns.Add(new("KiB/idle conn", row => Format(row.IdleBytesPerConnection / 1024, "0.00")));
        }

        columns.Add(new("notes", row => string.Join("; ", row.Notes), IsText: true));
        return columns;
    }

    /// <summary>What has to be said below the table for its figures to be read rightly.</summary>
    public IEnumerable<string> Remarks()
    {
        yield return $"Medians; ratio is CPU per request against {Summaries[0].Candidate}, taken within each round.";
        if (Summaries.Any(row => row.Rounds < RoundsForAClaim))
        {
            yield return $"Fewer than {RoundsForAClaim} rounds: figures to work with, not for a claim.";
        }

        if (Summaries.Any(row => row.P50Microseconds is null))
        {
            yield return "No latencies: wrk's are wrong when it pipelines.";
        }

        foreach (var (candidate, probe) in Probes.Where(probe => probe.Value.SystemCalls.Count > 0))
        {
            yield return $"System calls per request of {candidate}, under strace: {string.Join(", ", probe.SystemCalls.Take(NamedSystemCalls).Select(call => $"{call.Key} {Format(call.Value, "0.000")}"))}.";
        }

        foreach (var round in Rounds.Where(round => round.IsNoisy))
        {
            yield return $"Round {round.Number} of {round.Candidate}: other processes used {Format(round.ForeignShare * 100, "0")}% of a core.";
        }

        foreach (var round in Discarded)
        {
            yield return $"Round {round.Number} of {round.Candidate} discarded: other processes used {Format(round.ForeignShare * 100, "0")}% of a core.";
        }

        foreach (string skipped in Skipped)
        {
            yield return $"Skipped: {skipped}.";
        }
    }

    private ProbeFigures? ProbeOf(Summary row) => Probes.GetValueOrDefault(row.Candidate);

    private static string Format(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}

/// <summary>A column of the table: its title and how a row fills it.</summary>
internal sealed record Column(string Title, Func<Summary, string> Cell, bool IsText = false);
