using System.Diagnostics;
using Reactor.Shards;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Time;

/// <summary>Timers of the shard's TimeProvider, used from other threads.</summary>
public sealed class ForeignTimerTests(ITestOutputHelper output) : ShardTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_timer_made_elsewhere_fires_on_the_shard()
    {
        var called = new TaskCompletionSource<Shard?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = Create(_ => called.SetResult(Shard.Current), s_millisecond);
        Assert.Same(Shard, await Eventually.Ends(called.Task, "the call"));
    }

    [Fact]
    public async Task A_timer_made_by_another_shard_fires_on_its_own()
    {
        await using var other = new TestHost(options => options.Overprovisioned = true);
        var called = new TaskCompletionSource<Shard?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = await other.Run(() => Create(_ => called.SetResult(Shard.Current), s_millisecond));
        Assert.Same(Shard, await Eventually.Ends(called.Task, "the call"));
    }

    /// <remarks>The due time counts from the call, not from when the shard hears of it.</remarks>
    [Fact]
    public Task A_deadline_counts_from_the_call() => Host.Run(async () =>
    {
        ITimer timer = null!;
        long called = 0;
        OwnThread.Run(() =>
        {
            timer = Create(static _ => { }, s_hour);
            called = Stopwatch.GetTimestamp();
        });
        Busy.For(s_millisecond * 5);
        await Passing();
        Assert.InRange(((ShardTimer)timer).Deadline, 1, called + Shard.ToStopwatchTicks(s_hour));
        timer.Dispose();
    });

    [Fact]
    public async Task A_timer_changed_elsewhere_follows()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = Create(_ => called.TrySetResult(), s_hour);
        Assert.True(timer.Change(TimeSpan.Zero, s_hour));
        await Eventually.Ends(called.Task, "the call");
    }

    [Fact]
    public async Task The_calls_of_one_thread_keep_their_order()
    {
        using ITimer timer = Create(static _ => { }, s_hour);
        for (int i = 1; i <= 100; i++)
        {
            timer.Change(TimeSpan.FromHours(i), Timeout.InfiniteTimeSpan);
        }

        long deadline = await Host.Run(() => ((ShardTimer)timer).Deadline);
        Assert.True(deadline > Stopwatch.GetTimestamp() + Shard.ToStopwatchTicks(TimeSpan.FromHours(99)));
    }

    [Fact]
    public Task A_change_on_the_shard_is_not_undone_by_an_earlier_one_that_is_still_under_way() => Host.Run(async () =>
    {
        int calls = 0;
        using ITimer timer = Create(_ => calls++, s_hour);
        OwnThread.Run(() => timer.Change(TimeSpan.Zero, TimeSpan.Zero));
        timer.Change(s_hour, TimeSpan.Zero);
        await Passing();
        Assert.Equal(0, calls);
        Assert.True(((ShardTimer)timer).Deadline > Stopwatch.GetTimestamp());
    });

    [Fact]
    public Task A_timer_disposed_elsewhere_is_not_called_even_if_its_call_is_queued() => Host.Run(async () =>
    {
        int calls = 0;
        ITimer victim = null!;
        using ITimer killer = Create(_ => OwnThread.Run(victim.Dispose), TimeSpan.Zero);
        victim = Create(_ => calls++, TimeSpan.Zero);
        await Shard.Delay(s_millisecond * 5);
        Assert.Equal(0, calls);
        Assert.False(victim.Change(TimeSpan.Zero, TimeSpan.Zero));
    });

    [Fact]
    public async Task A_timer_disposed_elsewhere_leaves_the_timer_set()
    {
        ITimer timer = Create(static _ => { }, s_hour);
        Assert.Equal(1, await Host.Run(() => Shard.Timers.Count));
        timer.Dispose();
        timer.Dispose();
        Assert.Equal(0, await Host.Run(() => Shard.Timers.Count));
        Assert.False(timer.Change(s_millisecond, s_millisecond));
        Assert.Equal(0, await Host.Run(() => Shard.Timers.Count));
    }

    [Fact]
    public async Task Disposing_asynchronously_elsewhere_waits_for_the_call_under_way()
    {
        using var running = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool ended = false;
        ITimer timer = Create(
            _ =>
            {
                running.Set();
                goOn.Wait();
                Volatile.Write(ref ended, true);
            },
            TimeSpan.Zero,
            s_millisecond);
        Assert.True(running.Wait(Eventually.Deadline));
        Task disposed = timer.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        goOn.Set();
        await Eventually.Ends(disposed, "the disposal");
        Assert.True(Volatile.Read(ref ended));
        Assert.False(Shard.IsOnShard);
        await Eventually.Ends(timer.DisposeAsync().AsTask(), "another disposal");
    }

    [Fact]
    public async Task The_context_is_that_of_the_thread_that_made_the_timer()
    {
        var local = new AsyncLocal<string?> { Value = "made" };
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = Create(_ => seen.SetResult(local.Value), Timeout.InfiniteTimeSpan);
        local.Value = "changed";
        timer.Change(TimeSpan.Zero, TimeSpan.Zero);
        Assert.Equal("made", await Eventually.Ends(seen.Task, "the call"));
    }

    /// <remarks>
    /// Several threads and the shard itself change a timer at random, then one of them says the last word, which holds.
    /// </remarks>
    [Fact]
    public async Task Changes_of_many_threads_leave_the_last_one_in_force()
    {
        Random random = Seed.Random(output);
        for (int round = 0; round < 50; round++)
        {
            int seed = random.Next();
            using ITimer timer = Create(static _ => { }, s_hour);
            var threads = Enumerable.Range(0, 3).Select(i => new Thread(() => ChangeAtRandom(new Random(seed + i)))).ToList();
            threads.ForEach(thread => thread.Start());
            await Host.Run(() =>
            {
                ChangeAtRandom(new Random(seed + 3));
                return 0;
            });
            threads.ForEach(thread => thread.Join());

            // On the shard while requests of the others may still be under way there.
            bool armed = await Host.Run(async () =>
            {
                OwnThread.Run(() => ChangeAtRandom(new Random(seed + 4)));
                timer.Change(round % 2 == 0 ? Timeout.InfiniteTimeSpan : s_hour * 5, Timeout.InfiniteTimeSpan);
                await Passing();
                return ((ShardTimer)timer).Deadline > Stopwatch.GetTimestamp() + Shard.ToStopwatchTicks(s_hour * 4) && ((ShardTimer)timer).IsArmed;
            });
            Assert.Equal(round % 2 == 1, armed);

            void ChangeAtRandom(Random choices)
            {
                for (int i = 0; i < 50; i++)
                {
                    timer.Change(choices.Next(3) == 0 ? Timeout.InfiniteTimeSpan : s_millisecond * choices.Next(3), s_millisecond);
                }
            }
        }
    }

    [Fact]
    public async Task No_call_comes_after_an_asynchronous_disposal_that_races_with_the_calls()
    {
        for (int round = 0; round < 200; round++)
        {
            int calls = 0;
            bool disposed = false;
            bool late = false;
            ITimer timer = Create(
                _ =>
                {
                    Volatile.Write(ref late, Volatile.Read(ref late) || Volatile.Read(ref disposed));
                    Interlocked.Increment(ref calls);
                },
                TimeSpan.Zero,
                TimeSpan.FromMicroseconds(20));
            Eventually.Until(() => Volatile.Read(ref calls) > round % 10, "some calls");
            await Eventually.Ends(timer.DisposeAsync().AsTask(), "the disposal");
            Volatile.Write(ref disposed, true);
            await Host.Run(() => 0);
            Assert.False(Volatile.Read(ref late));
        }
    }

    /// <summary>Requests that are in the inbox now have run afterwards.</summary>
    private static async Task Passing()
    {
        await Turn.Ends();
        await Shard.Yield();
    }

    private ITimer Create(TimerCallback callback, TimeSpan due, TimeSpan? period = null) =>
        Shard.TimeProvider.CreateTimer(callback, null, due, period ?? Timeout.InfiniteTimeSpan);
}
