using System.Diagnostics;
using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

/// <summary>Timers of the shard's TimeProvider, made and used on the shard.</summary>
public sealed class ShardTimerTests : ShardTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public Task A_callback_runs_on_the_shard_from_its_run_queue() => Host.Run(async () =>
    {
        var called = new TaskCompletionSource<object?>();
        using ITimer timer = Create(
            state =>
            {
                Assert.True(Shard.IsOnShard);
                Assert.NotNull(SynchronizationContext.Current);

                // The timer set refuses this within its own Expire.
                Shard.Timers.Expire(0);
                called.SetResult(state);
            },
            s_millisecond,
            state: "state");
        Assert.Equal("state", await called.Task);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(7)]
    public Task A_timer_is_never_early(double milliseconds) => Host.Run(async () =>
    {
        var called = new TaskCompletionSource<long>();
        long start = Stopwatch.GetTimestamp();
        using ITimer timer = Create(_ => called.SetResult(Stopwatch.GetTimestamp()), TimeSpan.FromMilliseconds(milliseconds));
        Assert.False(called.Task.IsCompleted);
        Assert.True(Stopwatch.GetElapsedTime(start, await called.Task).TotalMilliseconds >= milliseconds);
    });

    [Fact]
    public Task A_timer_without_a_period_fires_once() => Host.Run(async () =>
    {
        int calls = 0;
        using ITimer timer = Create(_ => calls++, TimeSpan.Zero);
        await Shard.Delay(TimeSpan.FromMilliseconds(5));
        Assert.Equal(1, calls);
        Assert.False(((ShardTimer)timer).IsArmed);
    });

    [Fact]
    public Task A_timer_due_never_waits_for_a_change() => Host.Run(async () =>
    {
        var called = new TaskCompletionSource();
        using ITimer timer = Create(_ => called.TrySetResult(), Timeout.InfiniteTimeSpan, s_millisecond);
        Assert.False(((ShardTimer)timer).IsArmed);
        Assert.True(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await called.Task;
    });

    [Fact]
    public Task A_periodic_timer_fires_again_and_again_in_one_phase() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource();
        var following = new List<long>();
        ITimer timer = null!;
        timer = Create(
            _ =>
            {
                following.Add(((ShardTimer)timer).Deadline);
                if (following.Count == 20)
                {
                    done.SetResult();
                }
            },
            s_millisecond,
            s_millisecond);
        await done.Task;
        timer.Dispose();
        long period = Shard.ToStopwatchTicks(s_millisecond);
        Assert.All(following, deadline => Assert.Equal(0, (deadline - following[0]) % period));
        Assert.Equal(following, following.Distinct().Order());
    });

    [Fact]
    public Task After_a_stall_a_periodic_timer_fires_once_and_not_for_each_period_that_was_missed() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource();
        var following = new List<long>();
        ITimer timer = null!;
        timer = Create(
            _ =>
            {
                following.Add(((ShardTimer)timer).Deadline);
                if (following.Count == 1)
                {
                    Busy.For(s_millisecond * 20);
                }
                else if (following.Count == 3)
                {
                    done.SetResult();
                }
            },
            s_millisecond,
            s_millisecond);
        await done.Task;
        timer.Dispose();

        // The first is the deadline that the stall went past; the next one in force lies beyond its end.
        Assert.True(following[1] - following[0] >= Shard.ToStopwatchTicks(s_millisecond * 19), "the stall was made up for");
        Assert.Equal(0, (following[2] - following[0]) % Shard.ToStopwatchTicks(s_millisecond));
    });

    [Fact]
    public Task A_change_within_the_callback_holds() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource();
        int calls = 0;
        ITimer timer = null!;
        timer = Create(
            _ =>
            {
                Assert.True(timer.Change(++calls < 5 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, s_millisecond));
                if (calls == 5)
                {
                    done.SetResult();
                }
            },
            TimeSpan.Zero,
            s_millisecond);
        await done.Task;
        Assert.False(((ShardTimer)timer).IsArmed);
    });

    [Fact]
    public Task A_periodic_timer_disposed_in_its_callback_is_not_called_again() => Host.Run(async () =>
    {
        int calls = 0;
        ITimer timer = null!;
        timer = Create(
            _ =>
            {
                calls++;
                timer.Dispose();
                Assert.False(timer.Change(TimeSpan.Zero, s_millisecond));
            },
            TimeSpan.Zero,
            s_millisecond);
        await Shard.Delay(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, calls);
        Assert.Empty(Host.Unhandled);
    });

    [Fact]
    public Task An_exception_is_reported_and_the_periodic_timer_goes_on() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource();
        int calls = 0;
        using ITimer timer = Create(
            _ =>
            {
                if (++calls == 3)
                {
                    done.SetResult();
                }

                throw new InvalidDataException();
            },
            TimeSpan.Zero,
            s_millisecond);
        await done.Task;
        await Task.Yield();
        Assert.True(Host.Unhandled.Count >= 3);
        Assert.All(Host.Unhandled, exception => Assert.IsType<InvalidDataException>(exception));
    });

    /// <remarks>Both are due in the same turn, so that the second is queued when the first ends it.</remarks>
    [Theory]
    [InlineData("dispose")]
    [InlineData("dispose async")]
    [InlineData("never")]
    [InlineData("later")]
    public Task A_call_that_is_queued_already_is_taken_back(string how) => Host.Run(async () =>
    {
        int calls = 0;
        ITimer victim = null!;
        using ITimer killer = Create(
            _ =>
            {
                Assert.False(((ShardTimer)victim).IsArmed);
                switch (how)
                {
                    case "dispose":
                        victim.Dispose();
                        break;
                    case "dispose async":
                        Assert.True(victim.DisposeAsync().AsTask().IsCompletedSuccessfully);
                        break;
                    case "never":
                        victim.Change(Timeout.InfiniteTimeSpan, s_millisecond);
                        break;
                    default:
                        victim.Change(s_hour, s_millisecond);
                        break;
                }
            },
            TimeSpan.Zero);
        victim = Create(_ => calls++, TimeSpan.Zero);
        await Shard.Delay(TimeSpan.FromMilliseconds(5));
        Assert.Equal(0, calls);
        victim.Dispose();
    });

    [Fact]
    public Task A_call_that_is_taken_back_and_due_again_comes_once() => Host.Run(async () =>
    {
        int calls = 0;
        ITimer victim = null!;
        using ITimer killer = Create(_ => victim.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan), TimeSpan.Zero);
        victim = Create(_ => calls++, TimeSpan.Zero);
        while (calls == 0)
        {
            await Task.Yield();
        }

        await Shard.Delay(TimeSpan.FromMilliseconds(2));
        Assert.Equal(1, calls);
        victim.Dispose();
    });

    [Fact]
    public Task Disposing_asynchronously_within_the_callback_ends_with_the_callback() => Host.Run(async () =>
    {
        var seen = new TaskCompletionSource<Task>();
        ITimer timer = null!;
        timer = Create(
            _ =>
            {
                Task disposed = timer.DisposeAsync().AsTask();
                Assert.False(disposed.IsCompleted);
                seen.SetResult(disposed);
            },
            TimeSpan.Zero);
        await (await seen.Task);
        Assert.True(Shard.IsOnShard);
        await timer.DisposeAsync();
        timer.Dispose();
    });

    [Fact]
    public Task A_callback_runs_in_the_context_of_whoever_made_the_timer() => Host.Run(async () =>
    {
        var local = new AsyncLocal<string?>();
        var seen = new TaskCompletionSource<string?>();
        local.Value = "made";
        using ITimer timer = Create(
            _ =>
            {
                seen.SetResult(local.Value);
                local.Value = "left behind";
            },
            TimeSpan.Zero);
        local.Value = "changed";
        Assert.Equal("made", await seen.Task);
        Assert.Equal("changed", local.Value);
    });

    [Fact]
    public Task A_timer_made_while_the_flow_is_suppressed_has_no_context() => Host.Run(async () =>
    {
        var local = new AsyncLocal<string?> { Value = "made" };
        var seen = new TaskCompletionSource<string?>();
        ITimer timer;
        using (ExecutionContext.SuppressFlow())
        {
            timer = Create(_ => seen.SetResult(local.Value), TimeSpan.Zero);
        }

        Assert.Null(await seen.Task);
        timer.Dispose();
    });

    [Fact]
    public Task Timers_fire_in_the_order_of_their_deadlines() => Host.Run(async () =>
    {
        var fired = new List<long>();
        var deadlines = new long[20];
        ITimer[] timers = [.. Enumerable.Range(0, 20).Select(i => Create(_ => fired.Add(deadlines[i]), s_millisecond * (20 - i)))];
        for (int i = 0; i < timers.Length; i++)
        {
            deadlines[i] = ((ShardTimer)timers[i]).Deadline;
        }

        while (fired.Count < timers.Length)
        {
            await Shard.Delay(s_millisecond);
        }

        Assert.Equal(deadlines.Order(), fired);
        Array.ForEach(timers, timer => timer.Dispose());
    });

    [Fact]
    public Task The_clock_is_the_systems() => Host.Run(() =>
    {
        long before = Stopwatch.GetTimestamp();
        Assert.InRange(Shard.TimeProvider.GetTimestamp(), before, Stopwatch.GetTimestamp());
        Assert.Equal(Stopwatch.Frequency, Shard.TimeProvider.TimestampFrequency);
        Assert.Equal(TimeZoneInfo.Local, Shard.TimeProvider.LocalTimeZone);
        return 0;
    });

    private ITimer Create(TimerCallback callback, TimeSpan due, TimeSpan? period = null, object? state = null) =>
        Shard.TimeProvider.CreateTimer(callback, state, due, period ?? Timeout.InfiniteTimeSpan);
}
