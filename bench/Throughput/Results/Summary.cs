namespace Reactor.Bench.Throughput.Results;

/// <summary>One candidate's rounds, drawn together and set against those of the first candidate.</summary>
internal sealed record Summary(
    string Candidate,
    int Rounds,
    int NoisyRounds,
    Spread RequestsPerSecond,
    Spread CpuMicrosecondsPerRequest,
    Spread Ratio,
    Spread Utilisation,
    Spread? P50Microseconds,
    Spread? P99Microseconds,
    Spread? P999Microseconds,
    double VoluntarySwitchesPerRequest,
    double InvoluntarySwitchesPerRequest,
    double BytesPerAnswer,
    double ResidentBytes,
    double? IdleCpuShare,
    double? IdleBytesPerConnection,
    IReadOnlyList<string> Notes)
{
    /// <summary>Below this the server waited for work, and its requests per second say nothing about it.</summary>
    private const double Saturated = 0.95;

    /// <summary>
    /// Sums up a run, candidate by candidate in the order given; the first is the base of the ratios. The order
    /// cannot be read off the rounds, of which some may have been discarded.
    /// </summary>
    /// <exception cref="ArgumentException">A candidate has no round.</exception>
    public static IReadOnlyList<Summary> Of(IReadOnlyList<string> candidates, IReadOnlyList<Round> rounds)
    {
        var groups = candidates.Select(name => rounds.Where(round => round.Candidate == name).ToList()).ToList();
        return [.. groups.Select(group => Of(group, groups[0]))];
    }

    private static Summary Of(List<Round> rounds, List<Round> first)
    {
        var cpu = Statistics.SpreadOf(rounds.Select(round => round.CpuMicrosecondsPerRequest));
        var utilisation = Statistics.SpreadOf(rounds.Select(round => round.Utilisation));
        bool isFirst = ReferenceEquals(rounds, first);

        List<string> notes = [];
        if (utilisation.Median < Saturated)
        {
            notes.Add(WhatWasTheLimit(rounds));
        }

        if (!isFirst && cpu.Overlaps(Statistics.SpreadOf(first.Select(round => round.CpuMicrosecondsPerRequest))))
        {
            notes.Add($"no difference from {first[0].Candidate}");
        }

        int noisy = rounds.Count(round => round.IsNoisy);
        if (noisy > 0)
        {
            notes.Add($"{noisy} of {rounds.Count} rounds disturbed");
        }

        bool hasIdle = rounds.All(round => round.Idle is not null);
        return new Summary(
            rounds[0].Candidate,
            rounds.Count,
            noisy,
            Statistics.SpreadOf(rounds.Select(round => round.RequestsPerSecond)),
            cpu,
            RatioTo(first, rounds),
            utilisation,
            SpreadOfKnown(rounds, round => round.Load.Latency?.P50),
            SpreadOfKnown(rounds, round => round.Load.Latency?.P99),
            SpreadOfKnown(rounds, round => round.Load.Latency?.P999),
            Statistics.Median(rounds.Select(round => round.VoluntarySwitchesPerRequest)),
            Statistics.Median(rounds.Select(round => round.InvoluntarySwitchesPerRequest)),
            Statistics.Median(rounds.Select(round => round.BytesPerAnswer)),
            Statistics.Median(rounds.Select(round => (double)round.ResidentBytes)),
            hasIdle ? Statistics.Median(rounds.Select(round => round.Idle!.CpuShare)) : null,
            hasIdle ? Statistics.Median(rounds.Select(round => round.Idle!.BytesPerConnection)) : null,
            notes);
    }

    private static string WhatWasTheLimit(List<Round> rounds) =>
        rounds.All(round => round.Load.CpuShare is not null) && Statistics.Median(rounds.Select(round => round.Load.CpuShare!.Value)) < Saturated
            ? "neither side was busy all the time"
            : "the load generator was the limit";

    /// <summary>Null when not every round has the figure.</summary>
    private static Spread? SpreadOfKnown(List<Round> rounds, Func<Round, double?> figure) =>
        rounds.All(round => figure(round) is not null) ? Statistics.SpreadOf(rounds.Select(round => figure(round)!.Value)) : null;

    /// <summary>
    /// Ratios within a round, then their median: a slow phase of the host raises both sides of a ratio. Where
    /// discarded rounds have left no pair, the ratio of the medians has to do.
    /// </summary>
    private static Spread RatioTo(List<Round> first, List<Round> rounds)
    {
        double[] ratios =
        [
            .. rounds.Join(
                first, round => round.Number, round => round.Number,
                (one, other) => one.CpuMicrosecondsPerRequest / other.CpuMicrosecondsPerRequest),
        ];
        if (ratios.Length > 0)
        {
            return Statistics.SpreadOf(ratios);
        }

        double ratio = Statistics.Median(rounds.Select(round => round.CpuMicrosecondsPerRequest))
            / Statistics.Median(first.Select(round => round.CpuMicrosecondsPerRequest));
        return new Spread(ratio, ratio, ratio);
    }
}
