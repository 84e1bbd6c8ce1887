using Reactor.Kernel;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class ShardPlacementTests
{
    private static readonly CpuSet s_eight = new(Enumerable.Range(0, 8));

    [Fact]
    public void By_default_every_CPU_that_the_process_may_use_gets_a_shard() =>
        Assert.Equal(["1", "3", "5"], Cpus(Choose(new ReactorOptions(), new CpuSet([1, 3, 5]))));

    [Theory]
    [InlineData(2.0, 2)]
    [InlineData(2.9, 2)]
    [InlineData(0.3, 1)]
    [InlineData(100.0, 8)]
    public void No_more_CPUs_are_taken_than_the_quota_pays_for(double quota, int shards) =>
        Assert.Equal(shards, Choose(new ReactorOptions(), s_eight, quota).Shards.Count);

    [Fact]
    public void A_CPU_set_gives_each_of_its_CPUs_a_shard_whatever_the_quota() =>
        Assert.Equal(["2", "3", "6"], Cpus(Choose(new ReactorOptions { CpuSet = "6,2-3" }, s_eight, 1.0)));

    [Fact]
    public void Fewer_shards_than_CPUs_take_the_lowest() =>
        Assert.Equal(["0", "1"], Cpus(Choose(new ReactorOptions { Shards = 2 }, s_eight)));

    [Fact]
    public void More_shards_than_the_quota_pays_for_are_refused_and_the_quota_is_named()
    {
        string message = Refused(new ReactorOptions { Shards = 3 }, 2.5);
        Assert.Contains("Shards is 3: there are CPUs for 2", message, StringComparison.Ordinal);
        Assert.Contains("quota of 2.5 CPUs", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CPU_set_smaller_than_the_number_of_shards_is_refused()
    {
        string message = Refused(new ReactorOptions { Shards = 3, CpuSet = "0,1" });
        Assert.Contains("CpuSet is '0,1': it has 2 CPUs for 3 shards", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CPU_outside_of_the_affinity_is_refused_even_when_overprovisioned()
    {
        string message = Refused(new ReactorOptions { CpuSet = "7-8", Overprovisioned = true });
        Assert.Contains("may run on '0-7' only", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Overprovisioned_shards_are_many_and_not_pinned()
    {
        ShardPlacement placement = Choose(new ReactorOptions { Shards = 100, Overprovisioned = true }, s_eight, 1.0);
        Assert.Equal(100, placement.Shards.Count);
        Assert.All(placement.Shards, Assert.Null);
    }

    [Fact]
    public void Overprovisioned_shards_stay_within_the_CPUs_that_are_named() =>
        Assert.Equal(["2-3", "2-3", "2-3"], Cpus(Choose(new ReactorOptions { Shards = 3, CpuSet = "2-3", Overprovisioned = true }, s_eight)));

    [Fact]
    public void The_log_says_what_was_taken_into_account()
    {
        Assert.Equal(
            "2 shards on CPUs 0-1 (the process may run on 0-7, its control group has a quota of 2.5 CPUs)",
            Choose(new ReactorOptions(), s_eight, 2.5).ToString());
        Assert.Equal(
            "1 shard on CPUs 4 (the process may run on 0-7, there is no CPU quota, CPUs 4 were asked for)",
            Choose(new ReactorOptions { CpuSet = "4" }, s_eight).ToString());
    }

    [Fact]
    public async Task The_log_is_told_of_every_shard_and_its_backend()
    {
        var lines = new List<string>();
        var options = new ReactorOptions { Shards = 3, Overprovisioned = true, PollBudget = 64, Backend = TestedBackend.Kind, Log = lines.Add };
        await using (ReactorHost.Start(options))
        {
            Assert.Equal(4, lines.Count);
            Assert.Contains("3 shards on no CPU in particular (overprovisioned", lines[0], StringComparison.Ordinal);
            Assert.StartsWith($"reactor: shard 2 polls through {TestedBackend.Kind}: ", lines[3], StringComparison.Ordinal);
        }
    }

    private static ShardPlacement Choose(ReactorOptions options, CpuSet allowed, double? quota = null) => ShardPlacement.Choose(options, allowed, quota);

    private static string Refused(ReactorOptions options, double? quota = null) =>
        Assert.Throws<ArgumentException>(() => Choose(options, s_eight, quota)).Message;

    private static IEnumerable<string?> Cpus(ShardPlacement placement) => placement.Shards.Select(set => set?.ToString());
}
