using System.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

public sealed class StatisticsTests
{
    [Fact]
    public async Task The_idle_time_of_a_shard_grows_while_it_sleeps()
    {
        await using var host = new TestHost();
        await host.Run(() => 0);
        var time = TimeSpan.FromMilliseconds(5);
        Eventually.Until(
            () =>
            {
                ShardStatistics before = host.Shard.GetStatistics();
                Busy.For(time);
                ShardStatistics after = host.Shard.GetStatistics();
                return before.Sleeps > 0
                    && (after.Turns, after.Sleeps, after.BusyTime) == (before.Turns, before.Sleeps, before.BusyTime)
                    && after.IdleTime >= before.IdleTime + time - new TimeSpan(1);
            },
            "its idle time grows in one and the same sleep, and nothing else does");
    }

    [Fact]
    public async Task The_idle_time_of_a_shard_that_polls_without_end_grows_as_well()
    {
        await using var host = new TestHost(options => options.IdlePollTime = Timeout.InfiniteTimeSpan);
        TimeSpan before = host.Shard.GetStatistics().IdleTime;
        Eventually.Until(() => host.Shard.GetStatistics().IdleTime >= before + TimeSpan.FromMilliseconds(20), "its idle time grows");
    }

    [Fact]
    public async Task Busy_and_idle_time_make_the_time_since_the_start()
    {
        long beforeStart = Stopwatch.GetTimestamp();
        await using var host = new TestHost();
        long afterStart = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20; i++)
        {
            await host.Run(() => 0);
            TimeSpan least = Stopwatch.GetElapsedTime(afterStart);
            ShardStatistics now = host.Shard.GetStatistics();
            TimeSpan most = Stopwatch.GetElapsedTime(beforeStart);

            // Each of the two is cut to whole ticks.
            Assert.InRange(now.BusyTime + now.IdleTime, least - new TimeSpan(2), most);
        }
    }

    [Fact]
    public async Task Work_is_busy_time()
    {
        await using var host = new TestHost();
        TimeSpan busy = await host.Run(() =>
        {
            TimeSpan before = host.Shard.GetStatistics().BusyTime;
            Busy.For(TimeSpan.FromMilliseconds(5));
            return host.Shard.GetStatistics().BusyTime - before;
        });
        Assert.True(busy >= TimeSpan.FromMilliseconds(5) - new TimeSpan(1), $"{busy}");
    }

    [Fact]
    public async Task What_wakes_a_shard_has_not_waited_while_it_slept()
    {
        await using var host = new TestHost();
        for (int i = 0; i < 20; i++)
        {
            await host.Run(static () => Shard.Delay(TimeSpan.FromMilliseconds(1)).AsTask());
            await host.Run(static async () =>
            {
                var operation = new EventOperation();
                ValueTask<ulong> wait = operation.WaitAsync();
                using var timer = new Timer(static operation => ((EventOperation)operation!).Signal(), operation, 1, Timeout.Infinite);
                await wait;
                operation.Close();
            });
        }

        // A group waits at the most as long as the shard is busy with something else.
        SchedulingGroupStatistics group = host.Shard.GetStatistics(SchedulingGroup.Default);
        TimeSpan busy = host.Shard.GetStatistics().BusyTime;
        Assert.True(group.WaitTime <= busy + new TimeSpan(1), $"waited {group.WaitTime}, busy {busy}");
        Assert.True(group.RunTime <= busy + new TimeSpan(1), $"ran {group.RunTime}, busy {busy}");
    }

    [Fact]
    public async Task After_the_stop_the_last_values_stay()
    {
        var host = new TestHost();
        await host.Run(static () => Shard.Yield().AsTask());
        await host.DisposeAsync();

        ShardStatistics last = host.Shard.GetStatistics();
        long now = Stopwatch.GetTimestamp();
        Eventually.Until(() => Stopwatch.GetElapsedTime(now) > TimeSpan.FromMilliseconds(1), "time passes");
        Assert.Equal(last, host.Shard.GetStatistics());
        Assert.Equal(1, last.Yields);
        Assert.True(last.BusyTime > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_group_that_has_had_no_work_on_a_shard_has_counted_nothing_there()
    {
        await using var host = TestHost.Many(2);
        SchedulingGroup group = SchedulingGroup.Create("elsewhere", 100);
        await host.Run(async () => await group.RunAsync(static () => { }));

        Assert.Equal(1, host.Shards[0].GetStatistics(group).ItemsRun);
        Assert.Equal(default, host.Shards[1].GetStatistics(group));
        Assert.Throws<ArgumentNullException>(() => host.Shard.GetStatistics(null!));
        group.Destroy();
    }

    [Fact]
    public async Task The_items_of_a_destroyed_group_stay_in_the_sum_when_another_takes_its_place()
    {
        await using var host = new TestHost();
        long ran = await host.Run(async () =>
        {
            long before = host.Shard.GetStatistics().ItemsRun;
            for (int i = 0; i < 50; i++)
            {
                SchedulingGroup group = SchedulingGroup.Create("passing", 100);
                await group.RunAsync(static () => { });
                group.Destroy();
            }

            return host.Shard.GetStatistics().ItemsRun - before;
        });

        // Each has run once in its group, and brought the caller back in its own.
        Assert.True(ran >= 100, $"{ran}");
    }
}

[Collection(Alone.Name)]
public sealed class StatisticsAllocationTests : ShardTests
{
    [Fact]
    public Task Reading_statistics_allocates_nothing() => Host.Run(() =>
    {
        _ = Shard.GetStatistics();
        _ = Shard.GetStatistics(SchedulingGroup.Default);
        long beginning = Allocations.Begin();
        long turns = 0;
        for (int i = 0; i < 1_000; i++)
        {
            turns += Shard.GetStatistics().Turns + Shard.GetStatistics(SchedulingGroup.Default).ItemsRun;
        }

        Assert.Equal(0, Allocations.Since(beginning));
        return turns;
    });
}
