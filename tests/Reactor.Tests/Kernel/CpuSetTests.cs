using Reactor.Kernel;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Kernel;

public sealed class CpuSetTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0-3,8", "0-3,8")]
    [InlineData("8,0-3", "0-3,8")]
    [InlineData("0,1,2", "0-2")]
    [InlineData("3-3", "3")]
    [InlineData("0-2,1-4", "0-4")]
    [InlineData("5,5,5", "5")]
    [InlineData(" 0 - 3 , 8 ", "0-3,8")]
    [InlineData("007", "7")]
    [InlineData("1023", "1023")]
    [InlineData("0-1023", "0-1023")]
    public void A_list_is_read_and_printed_in_the_kernels_own_form(string text, string printed)
    {
        Assert.True(CpuSet.TryParse(text, out CpuSet? set));
        Assert.Equal(printed, set!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData("1,")]
    [InlineData(",1")]
    [InlineData("1,,2")]
    [InlineData("3-1")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("0--3")]
    [InlineData("0-3-5")]
    [InlineData("+1")]
    [InlineData("1 2")]
    [InlineData("a")]
    [InlineData("0x1")]
    [InlineData("1.0")]
    [InlineData("0-3;8")]
    [InlineData("1024")]
    [InlineData("0-1024")]
    [InlineData("2147483647")]
    [InlineData("2147483648")]
    [InlineData("0-99999999999999999999")]
    [InlineData("٣")]
    public void What_is_no_list_of_CPUs_is_refused(string text)
    {
        Assert.False(CpuSet.TryParse(text, out CpuSet? set));
        Assert.Null(set);
    }

    [Fact]
    public void Every_set_survives_printing_and_reading()
    {
        Random random = Seed.Random(output);
        for (int round = 0; round < 500; round++)
        {
            int[] cpus = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(random.Next(1, CpuSet.MaxCpus)))];
            var set = new CpuSet(cpus);
            Assert.True(CpuSet.TryParse(set.ToString(), out CpuSet? read), set.ToString());
            Assert.Equal(cpus.ToHashSet().Order(), read!.Cpus);
            Assert.Equal(set, read);
            Assert.Equal(set.GetHashCode(), read.GetHashCode());
        }
    }

    [Fact]
    public void A_set_contains_exactly_its_CPUs()
    {
        Assert.True(CpuSet.TryParse("1-3,9", out CpuSet? set));
        Assert.Equal([1, 2, 3, 9], Enumerable.Range(0, 20).Where(set!.Contains));
        Assert.Equal(4, set.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(CpuSet.MaxCpus)]
    public void A_number_that_no_mask_can_hold_is_refused(int cpu) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuSet([0, cpu]));

    [Fact]
    public void An_empty_set_prints_as_nothing() => Assert.Equal("", new CpuSet([]).ToString());

    [Fact]
    public void Sets_with_other_CPUs_are_not_equal()
    {
        Assert.NotEqual(new CpuSet([1, 2]), new CpuSet([1, 3]));
        Assert.False(new CpuSet([1]).Equals(null));
    }
}
