using Reactor.Samples.Common;

namespace Reactor.Samples.Tests;

public sealed class ShardCountsTests
{
    [Theory]
    [InlineData(new long[] { 61_067 }, "")]
    [InlineData(new long[] { 61_067, 60_112 }, " [61,067 | 60,112]")]
    [InlineData(new long[] { 0, 1, 2, 3 }, " [0 | 1 | 2 | 3]")]
    [InlineData(new long[] { 4, 1_000, 2, 3, 2 }, " [2 to 1,000]")]
    public void A_line_has_room_for_each_of_a_few_and_for_the_ends_of_many(long[] counts, string expected) =>
        Assert.Equal(expected, ShardCounts.Describe(counts));
}
