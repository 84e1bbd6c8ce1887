using System.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

/// <summary>Timers and the sleep of an idle shard: it lasts until the next one is due, and no wake-up is wasted.</summary>
[Collection(Alone.Name)]
public sealed class TimerSleepTests : ShardTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_timer_from_another_thread_that_is_earlier_than_the_end_of_the_sleep_is_in_time()
    {
        using ITimer late = Shard.TimeProvider.CreateTimer(static _ => { }, null, s_hour, s_hour);
        Eventually.Until(IsSettled, "asleep for an hour");
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer early = Shard.TimeProvider.CreateTimer(_ => called.SetResult(), null, TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
        await Eventually.Ends(called.Task, "the earlier timer");
        Eventually.Until(IsSettled, "asleep again");
    }

    [Fact]
    public async Task A_timer_that_is_put_forward_from_another_thread_wakes_the_shard()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = Shard.TimeProvider.CreateTimer(_ => called.SetResult(), null, s_hour, Timeout.InfiniteTimeSpan);
        Eventually.Until(IsSettled, "asleep for an hour");
        timer.Change(TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
        await Eventually.Ends(called.Task, "the timer");
    }

    /// <remarks>The turns of the sleep's end: one that fires the timer, one that runs what waits for it and sleeps again.</remarks>
    [Fact]
    public async Task A_sleep_lasts_until_the_timer_and_costs_no_turn_in_between()
    {
        await Host.Run(() => 0);
        Eventually.Until(IsSettled, "asleep");
        var turns = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Shard.Post(async () =>
        {
            // Past the turns that the post itself costs.
            await Shard.Delay(TimeSpan.FromMilliseconds(30));
            long before = Shard.GetStatistics().Turns;
            await Shard.Delay(TimeSpan.FromMilliseconds(30));
            turns.SetResult(Shard.GetStatistics().Turns - before);
        });

        // This turn, which sleeps at its end; the one that fires; and if the kernel's timer was early by a rounding, one more.
        Assert.InRange(await Eventually.Ends(turns.Task, "two delays"), 2, 3);
    }

    [Fact]
    public async Task A_cancelled_timer_costs_at_most_one_wake_up()
    {
        await Host.Run(() => Shard.TimeProvider.CreateTimer(static _ => { }, null, s_hour, s_hour));
        await Host.Run(() =>
        {
            Shard.TimeProvider.CreateTimer(static _ => { }, null, TimeSpan.FromMilliseconds(50), s_hour).Dispose();
            return 0;
        });
        long start = Stopwatch.GetTimestamp();
        Eventually.Until(IsSettled, "asleep");
        long turns = Shard.GetStatistics().Turns;
        Eventually.Until(() => Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(150), "150 ms");
        Assert.InRange(Shard.GetStatistics().Turns - turns, 0, 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Timeout.Infinite)]
    public async Task Timers_fire_however_the_shard_waits(int idlePollMilliseconds)
    {
        await using var host = new TestHost(options => options.IdlePollTime = TimeSpan.FromMilliseconds(idlePollMilliseconds));
        await host.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await Shard.Delay(TimeSpan.FromMilliseconds(1));
                Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(1));
            }
        });
    }

    /// <summary>No turn for some time: it sleeps.</summary>
    private bool IsSettled()
    {
        ShardStatistics before = Shard.GetStatistics();
        Thread.Sleep(30);
        return before.Sleeps > 0 && before with { IdleTime = default } == Shard.GetStatistics() with { IdleTime = default };
    }
}
