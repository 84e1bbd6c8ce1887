#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using System.Diagnostics;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

/// <summary>Time on a shard that is busy: the loop's clock, and timers that become due meanwhile.</summary>
public sealed class BusyLoopTests : ShardTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public Task The_loops_clock_stands_still_within_a_turn() => Host.Run(async () =>
    {
        await Task.Yield();
        long first = Shard.Timestamp;
        Busy.For(s_millisecond);
        Assert.Equal(first, Shard.Timestamp);
    });

    [Fact]
    public Task The_loops_clock_is_right_again_after_a_long_callback() => Host.Run(async () =>
    {
        _ = Shard.Timestamp;
        Busy.For(s_millisecond * 5);
        await Task.Yield();
        long before = Stopwatch.GetTimestamp();
        await Turn.Ends();
        Assert.InRange(Shard.Timestamp, before, Stopwatch.GetTimestamp());
    });

    [Fact]
    public Task The_loops_clock_is_right_after_a_sleep() => Host.Run(async () =>
    {
        long before = Shard.Timestamp;
        await Shard.Delay(s_millisecond * 20);
        Assert.InRange(Shard.Timestamp, before + Shard.ToStopwatchTicks(s_millisecond * 20), Stopwatch.GetTimestamp());
    });

    [Fact]
    public void The_loops_clock_is_read_on_its_shard_only() => Assert.Throws<InvalidOperationException>(() => Shard.Timestamp);

    [Fact]
    public Task What_became_due_during_a_long_callback_fires_in_that_turn_and_in_order() => Host.Run(async () =>
    {
        var fired = new List<ITimer>();
        var timers = new ITimer[5];
        for (int i = 0; i < timers.Length; i++)
        {
            int place = i;
            timers[i] = Shard.TimeProvider.CreateTimer(_ => fired.Add(timers[place]), null, s_millisecond * (5 - i), Timeout.InfiniteTimeSpan);
        }

        Busy.Until(timers.Max(Deadline));
        await Task.Yield();
        Assert.Empty(fired);
        await Task.Yield();
        Assert.Equal(timers.OrderBy(Deadline), fired);

        static long Deadline(ITimer timer) => ((ShardTimer)timer).Deadline;
    });

    [Fact]
    public Task A_shard_that_is_never_idle_fires_its_timers() => Host.Run(async () =>
    {
        Task delay = Shard.Delay(s_millisecond * 5).AsTask();
        while (!delay.IsCompleted)
        {
            await Task.Yield();
        }
    });

    [Fact]
    public Task A_delay_begun_late_in_a_long_callback_is_not_early() => Host.Run(async () =>
    {
        _ = Shard.Timestamp;
        Busy.For(s_millisecond * 5);
        long start = Stopwatch.GetTimestamp();
        await Shard.Delay(s_millisecond * 3);
        Assert.True(Stopwatch.GetElapsedTime(start) >= s_millisecond * 3);
    });
}
