using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Results;

namespace Throughput.Tests;

public sealed class SummaryTests
{
    [Fact]
    public void Figures_follow_from_the_counts()
    {
        var round = RoundOf("a", 1, microseconds: 5, requests: 200_000);

        Assert.Equal(200_000, round.RequestsPerSecond);
        Assert.Equal(5, round.CpuMicrosecondsPerRequest);
        Assert.Equal(1, round.Utilisation);
    }

    [Fact]
    public void Ratios_are_taken_within_a_round_so_that_a_slow_phase_of_the_host_cancels_out()
    {
        Round[] rounds =
        [
            RoundOf("a", 1, 5), RoundOf("b", 1, 10),
            RoundOf("a", 2, 6), RoundOf("b", 2, 12),
            RoundOf("a", 3, 9), RoundOf("b", 3, 18),
        ];

        Assert.Equal(new Spread(2, 2, 2), Summary.Of(["a", "b"], rounds)[1].Ratio);
    }

    [Fact]
    public void Without_a_common_round_the_ratio_is_that_of_the_medians() =>
        Assert.Equal(2, Summary.Of(["a", "b"], [RoundOf("b", 1, 10), RoundOf("a", 2, 5)])[1].Ratio.Median);

    [Fact]
    public void The_first_candidate_stays_the_base_when_its_first_round_was_discarded() =>
        Assert.Equal("a", Summary.Of(["a", "b"], [RoundOf("b", 1, 10), RoundOf("a", 2, 5)])[0].Candidate);

    [Fact]
    public void Overlapping_spreads_are_called_no_difference_and_others_are_not()
    {
        Round[] rounds =
        [
            RoundOf("a", 1, 5), RoundOf("near", 1, 5.5), RoundOf("far", 1, 9),
            RoundOf("a", 2, 6), RoundOf("near", 2, 6.5), RoundOf("far", 2, 8),
        ];

        var summaries = Summary.Of(["a", "near", "far"], rounds);

        Assert.Contains("no difference from a", summaries[1].Notes);
        Assert.Empty(summaries[0].Notes);
        Assert.Empty(summaries[2].Notes);
    }

    [Fact]
    public void A_server_that_was_not_saturated_is_said_to_be_limited_by_the_load() =>
        Assert.Contains("the load generator was the limit", Summary.Of(["a"], [RoundOf("a", 1, 5, requests: 180_000)])[0].Notes);

    [Fact]
    public void Where_the_load_generator_had_time_to_spare_it_was_not_the_limit_either()
    {
        var round = RoundOf("a", 1, 5, requests: 20_000);

        Assert.Contains("neither side was busy all the time", Summary.Of(["a"], [round with { Load = round.Load with { CpuShare = 0.3 } }])[0].Notes);
    }

    [Fact]
    public void Rounds_disturbed_by_others_are_counted()
    {
        var summary = Summary.Of(["a"], [RoundOf("a", 1, 5), RoundOf("a", 2, 5) with { ForeignShare = 0.06 }])[0];

        Assert.Equal(1, summary.NoisyRounds);
        Assert.Contains("1 of 2 rounds disturbed", summary.Notes);
    }

    /// <summary>A round of one second; unless told otherwise, of as many requests as fill it.</summary>
    private static Round RoundOf(string candidate, int number, double microseconds, long? requests = null)
    {
        long count = requests ?? (long)(1e6 / microseconds);
        var load = new LoadResult(count, 1, count * 132, new LatencyFigures(300, 500, 900, 950, 1000), count, CpuShare: null, "");
        return new Round(candidate, number, load, new TaskCounters((long)(count * microseconds * 1000), 0, 0), 0, 0, null);
    }
}
