using Reactor.Bench.Throughput.Results;

namespace Throughput.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new double[] { 7 }, 7)]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    public void The_median_is_the_middle_or_the_mean_of_both_middles(double[] values, double median) =>
        Assert.Equal(median, Statistics.Median(values));

    [Fact]
    public void Nothing_has_no_median() =>
        Assert.Throws<ArgumentException>(() => Statistics.Median([]));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.51, 3)]
    [InlineData(0.99, 4)]
    [InlineData(1, 4)]
    public void A_quantile_is_the_least_value_with_so_many_at_or_below_it(double part, double expected) =>
        Assert.Equal(expected, Statistics.Quantile([4, 1, 3, 2], part));

    [Fact]
    public void Nothing_has_no_quantile() =>
        Assert.Throws<ArgumentException>(() => Statistics.Quantile([], 0.5));

    [Fact]
    public void A_spread_holds_median_least_and_most() =>
        Assert.Equal(new Spread(5, 1, 9), Statistics.SpreadOf([9, 1, 5]));

    [Theory]
    [InlineData(1, 2, 3, 4, false)]
    [InlineData(1, 3, 3, 4, true)]
    [InlineData(1, 9, 3, 4, true)]
    [InlineData(3, 4, 1, 9, true)]
    [InlineData(5, 6, 1, 2, false)]
    public void Ranges_overlap_when_they_touch_or_one_holds_the_other(double min, double max, double otherMin, double otherMax, bool overlap) =>
        Assert.Equal(overlap, new Spread(min, min, max).Overlaps(new Spread(otherMin, otherMin, otherMax)));
}
