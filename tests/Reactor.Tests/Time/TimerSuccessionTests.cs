using System.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

/// <summary>What becomes of a shard's timers when it stops.</summary>
public sealed class TimerSuccessionTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task An_armed_timer_fires_on_the_thread_pool_with_the_time_that_was_left()
    {
        var host = new TestHost();
        var called = new TaskCompletionSource<(Shard?, long)>(TaskCreationOptions.RunContinuationsAsynchronously);
        long start = Stopwatch.GetTimestamp();
        ITimer timer = Create(host, _ => called.SetResult((Shard.Current, Stopwatch.GetTimestamp())), s_millisecond * 1000);
        await host.DisposeAsync();
        (Shard? shard, long end) = await Eventually.Ends(called.Task, "the call");
        Assert.Null(shard);

        // The system's clock for timers is read in milliseconds, of which it may be in the midst.
        Assert.True(Stopwatch.GetElapsedTime(start, end) > s_millisecond * 980);
        timer.Dispose();
    }

    [Fact]
    public async Task A_delay_that_is_awaited_on_the_shard_ends_after_the_stop()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await host.Run(() =>
        {
            _ = DelayAsync();
            return 0;
        });
        await host.DisposeAsync();
        await Eventually.Ends(ended.Task, "the delay");

        async Task DelayAsync()
        {
            await Task.Delay(s_millisecond * 50, host.Shard.TimeProvider);
            ended.SetResult();
        }
    }

    [Fact]
    public async Task A_periodic_timer_goes_on()
    {
        var host = new TestHost();
        int calls = 0;
        await using ITimer timer = Create(host, _ => Interlocked.Increment(ref calls), TimeSpan.Zero, s_millisecond / 2);
        Eventually.Until(() => Volatile.Read(ref calls) > 2, "calls on the shard");
        await host.DisposeAsync();
        int atStop = Volatile.Read(ref calls);
        Eventually.Until(() => Volatile.Read(ref calls) > atStop + 2, "calls after the stop");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_timer_made_after_the_stop_is_the_systems(bool isFlowSuppressed)
    {
        var host = new TestHost();
        await host.DisposeAsync();
        var local = new AsyncLocal<string?> { Value = "made" };
        var called = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer timer;
        if (isFlowSuppressed)
        {
            using (ExecutionContext.SuppressFlow())
            {
                timer = Make();
            }
        }
        else
        {
            timer = Make();
        }

        Assert.Equal(isFlowSuppressed ? null : "made", await Eventually.Ends(called.Task, "the call"));
        Assert.True(timer.Change(s_hour, s_hour));
        await timer.DisposeAsync();
        Assert.False(timer.Change(s_hour, s_hour));

        ITimer Make() => Create(host, _ => called.SetResult(local.Value), s_millisecond);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_timer_keeps_its_context_whoever_sets_it_after_the_stop(bool hasNone)
    {
        var host = new TestHost();
        var local = new AsyncLocal<string?> { Value = "made" };
        var called = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        ITimer timer;
        using (hasNone ? ExecutionContext.SuppressFlow() : default)
        {
            timer = Create(host, _ => called.SetResult(local.Value), Timeout.InfiniteTimeSpan);
        }

        await host.DisposeAsync();
        local.Value = "changed";
        timer.Change(TimeSpan.Zero, s_hour);
        Assert.Equal(hasNone ? null : "made", await Eventually.Ends(called.Task, "the call"));
        timer.Dispose();
    }

    [Fact]
    public async Task An_exception_after_the_stop_is_reported()
    {
        var host = new TestHost();
        await host.DisposeAsync();
        using ITimer timer = Create(host, static _ => throw new InvalidDataException(), s_millisecond);
        Eventually.Until(() => !host.Unhandled.IsEmpty, "a report");
        Assert.IsType<InvalidDataException>(Assert.Single(host.Unhandled));
    }

    [Fact]
    public async Task A_disposed_timer_has_no_successor()
    {
        var host = new TestHost();
        int calls = 0;
        ITimer timer = await host.Run(() => Create(host, _ => calls++, s_millisecond));
        await host.Run(() =>
        {
            timer.Change(s_hour, s_hour);
            timer.Dispose();
            return 0;
        });
        int atDisposal = calls;
        await host.DisposeAsync();
        Assert.False(timer.Change(TimeSpan.Zero, s_millisecond));
        await timer.DisposeAsync();
        await Task.Delay(s_millisecond * 30);
        Assert.Equal(atDisposal, calls);
    }

    [Fact]
    public async Task Disposing_asynchronously_after_the_stop_waits_for_the_call_under_way()
    {
        var host = new TestHost();
        await host.DisposeAsync();
        using var running = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool ended = false;
        ITimer timer = Create(
            host,
            _ =>
            {
                running.Set();
                goOn.Wait();
                Volatile.Write(ref ended, true);
            },
            TimeSpan.Zero);
        Assert.True(running.Wait(Eventually.Deadline));
        Task disposed = timer.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        goOn.Set();
        await Eventually.Ends(disposed, "the disposal");
        Assert.True(Volatile.Read(ref ended));
    }

    /// <remarks>What is posted while the shard stops is refused or runs, some of it after the loop has ended.</remarks>
    [Fact]
    public async Task Every_timer_made_by_the_last_work_of_the_shard_fires()
    {
        for (int round = 0; round < 20; round++)
        {
            var host = new TestHost();
            int posted = 0;
            int called = 0;
            var poster = new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        host.Shard.Post(() => Create(host, _ => Interlocked.Increment(ref called), s_millisecond * 20));
                        Interlocked.Increment(ref posted);
                        Thread.SpinWait(500);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });
            poster.Start();
            await host.DisposeAsync();
            poster.Join();
            Eventually.Until(() => Volatile.Read(ref called) == posted, "a call for each timer");
        }
    }

    /// <remarks>
    /// The timer is changed without end while the shard stops: some requests run on it, some in its last moments, the others
    /// at the caller. The last one counts, whichever way it went and whatever comes late.
    /// </remarks>
    [Fact]
    public async Task Changes_that_race_with_the_stop_leave_the_last_one_in_force()
    {
        for (int round = 0; round < 20; round++)
        {
            var host = new TestHost();
            var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using ITimer timer = Create(host, _ => called.TrySetResult(), s_hour);
            bool started = false;
            bool stopped = false;
            var changer = new Thread(() =>
            {
                while (!Volatile.Read(ref stopped))
                {
                    timer.Change(s_hour, s_hour);
                    Volatile.Write(ref started, true);
                    Thread.SpinWait(20);
                }

                // The shard's thread has ended, or is about to.
                timer.Change(s_millisecond * 10, s_hour);
            });
            changer.Start();
            Eventually.Until(() => Volatile.Read(ref started), "some changes");
            Task stop = host.Host.StopAsync();
            Eventually.Until(() => round % 2 == 0 ? host.Shard.HasStopped : stop.IsCompleted, "the stop");
            Volatile.Write(ref stopped, true);
            changer.Join();
            await Eventually.Ends(called.Task, "the call");
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Disposals_that_race_with_the_stop_end()
    {
        for (int round = 0; round < 40; round++)
        {
            var host = new TestHost();
            bool disposed = false;
            bool late = false;
            ITimer timer = Create(host, _ => Volatile.Write(ref late, Volatile.Read(ref disposed)), TimeSpan.Zero, s_millisecond / 10);
            Task stop = host.Host.StopAsync();
            for (int i = 0; i < round; i++)
            {
                Thread.SpinWait(200);
            }

            await Eventually.Ends(timer.DisposeAsync().AsTask(), "the disposal");
            Volatile.Write(ref disposed, true);
            await Eventually.Ends(stop, "the stop");
            Assert.False(Volatile.Read(ref late));
        }
    }

    private static ITimer Create(TestHost host, TimerCallback callback, TimeSpan due, TimeSpan? period = null) =>
        host.Shard.TimeProvider.CreateTimer(callback, null, due, period ?? Timeout.InfiniteTimeSpan);
}
