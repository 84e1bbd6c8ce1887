using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

[SuppressMessage("Reliability", "CA1849", Justification = "Blocking is what is tested.")]
[SuppressMessage("Usage", "xUnit1031", Justification = "Blocking is what is tested.")]
public sealed class StallTests
{
    private const string Here = "Reactor.Tests.Diagnostics.StallTests";

    [Fact]
    public async Task A_handler_that_sleeps_is_reported_once_by_its_name()
    {
        var group = SchedulingGroup.Create("sleepers", 100);
        await using var host = new TestHost();
        await host.Run(async () => await group.RunAsync(SleepInHandlerAsync));
        StallReport report = await FirstReport(host);
        Assert.Equal((StallCause.Code, $"{Here}.{nameof(SleepInHandlerAsync)}", true), (report.Cause, report.Code, report.IsOver));
        Assert.Same(group, report.SchedulingGroup);
        Assert.Same(host.Shard, report.Shard);
        Assert.True(report.Duration >= TimeSpan.FromMilliseconds(100));
        await host.DisposeAsync();
        Assert.Single(host.Stalls);
        Assert.Equal(1, host.Shard.GetStatistics().Stalls);
        group.Destroy();
    }

    [Fact]
    public async Task A_callback_that_takes_long_is_reported_by_its_name()
    {
        await using var host = new TestHost();
        host.Shard.Post(TakeLong);
        Assert.Equal($"{Here}.{nameof(TakeLong)}", (await FirstReport(host)).Code);
    }

    [Fact]
    public async Task A_function_called_from_another_shard_is_reported_by_its_name()
    {
        await using var host = TestHost.Many(2);
        await host.Run(async () => await host.Shards[1].InvokeAsync(TakeLong));
        Assert.Equal($"{Here}.{nameof(TakeLong)}", (await FirstReport(host, shard: 1)).Code);
    }

    [Fact]
    public async Task A_timers_callback_is_reported_by_its_name()
    {
        await using var host = new TestHost();
        await using ITimer timer = host.Shard.TimeProvider.CreateTimer(TimerCallback, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Assert.Equal($"{Here}.{nameof(TimerCallback)}", (await FirstReport(host)).Code);
    }

    [Theory]
    [MemberData(nameof(WaysToBlock))]
    public async Task Who_blocks_the_shard_is_reported_by_his_name(string way)
    {
        await using var host = new TestHost();
        await host.Run(() =>
        {
            Blocks(way);
            return true;
        });
        StallReport report = await FirstReport(host);
        Assert.Equal((StallCause.Blocking, $"{Here}.{nameof(Blocks)}"), (report.Cause, report.Code));
    }

    public static TheoryData<string> WaysToBlock => ["Task.Wait", "Task.Result", "WaitOne", "lock", "Join", "SemaphoreSlim"];

    [Fact]
    public async Task A_shard_that_waits_for_itself_is_reported_while_it_does()
    {
        await using var host = new TestHost();
        var never = new TaskCompletionSource();
        Task deadlock = host.Run(() =>
        {
            never.Task.Wait();
            return true;
        });
        StallReport report = await FirstReport(host);
        Assert.Equal((StallCause.Blocking, false), (report.Cause, report.IsOver));
        Assert.Contains("blocked by", report.ToString(), StringComparison.Ordinal);
        never.SetResult();
        await deadlock;
        await Eventually.Comes(() => host.Stalls.Any(stall => stall.IsOver), "the report of its end");
    }

    [Fact]
    public async Task What_a_blocked_thread_waits_for_is_waited_for_to_the_end()
    {
        await using var host = new TestHost(options => options.StallThreshold = TimeSpan.FromMilliseconds(1));
        await host.Run(() =>
        {
            using var never = new ManualResetEvent(initialState: false);
            long since = Stopwatch.GetTimestamp();
            Assert.False(never.WaitOne(50));
            Assert.True(Stopwatch.GetElapsedTime(since) >= TimeSpan.FromMilliseconds(49));
            Assert.True(Task.Delay(50).Wait(Eventually.Deadline));
            return true;
        });
    }

    [Fact]
    public async Task A_collection_is_named_as_the_cause()
    {
        Node? all = null;
        TimeSpan pause = TimeSpan.Zero;
        while (pause < TimeSpan.FromMilliseconds(50))
        {
            for (int i = 0; i < 1_000_000; i++)
            {
                all = new Node(all);
            }

            TimeSpan before = GC.GetTotalPauseDuration();
            GC.Collect();
            pause = GC.GetTotalPauseDuration() - before;
        }

        await using var host = new TestHost();
        host.Shard.Post(GC.Collect);
        StallReport report = await FirstReport(host);
        Assert.True(report.Cause == StallCause.GarbageCollection, report.ToString());
        GC.KeepAlive(all);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_shard_that_works_in_small_pieces_and_polls_or_sleeps_does_not_stall(bool polls)
    {
        await using var host = new TestHost(options => options.IdlePollTime = polls ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        await host.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(i % 4));
                Busy.For(TimeSpan.FromMilliseconds(1));
                await Shard.YieldIfNeeded();
            }
        });

        // What the machine does to the thread is told as that.
        Assert.DoesNotContain(host.Stalls, stall => stall.Cause is StallCause.Code or StallCause.Blocking);
    }

    [Fact]
    public async Task The_watcher_does_not_run_while_all_shards_are_idle_and_is_there_when_one_stalls()
    {
        await using var host = TestHost.Many(2);
        for (int i = 1; i <= 3; i++)
        {
            await WatcherRests();
            await host.Run(() =>
            {
                TakeLong();
                return true;
            });
            int expected = i;
            await Eventually.Comes(() => host.Shard.GetStatistics().Stalls == expected, $"stall {i}");
        }
    }

    [Fact]
    public async Task Without_a_threshold_there_is_no_watcher()
    {
        await using var host = new TestHost(options => options.StallThreshold = Timeout.InfiniteTimeSpan);
        Assert.Null(host.Host.StallWatcher);
        await host.Run(() =>
        {
            TakeLong();
            Task.Delay(50).Wait();
            return true;
        });
        Assert.Empty(host.Stalls);
    }

    [Fact]
    public async Task A_host_can_be_stopped_by_who_is_told()
    {
        TestHost? host = null;
        var stopped = new TaskCompletionSource();
        host = new TestHost(options => options.StallDetected = _ =>
        {
            host!.Host.StopAsync().Wait();
            stopped.TrySetResult();
        });
        host.Shard.Post(TakeLong);
        await stopped.Task.WaitAsync(Eventually.Deadline);
        await host.DisposeAsync();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000_000)]
    public async Task A_threshold_of_many_days_is_one(int days)
    {
        await using var host = new TestHost(options => options.StallThreshold = TimeSpan.FromDays(days));
        await host.Run(async () => await Shard.Delay(TimeSpan.FromMilliseconds(100)));
        Assert.Empty(host.Stalls);
    }

    [Fact]
    public async Task With_the_least_threshold_the_watcher_rests_between_its_looks()
    {
        await using var host = new TestHost(options => options.StallThreshold = TimeSpan.FromMilliseconds(1));
        TimeSpan time = await host.Run(() =>
        {
            TimeSpan before = ProcessState.RunTime("reactor-watch");
            Busy.For(TimeSpan.FromMilliseconds(500));
            return ProcessState.RunTime("reactor-watch") - before;
        });
        Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromMilliseconds(125));
    }

    [Fact]
    public async Task A_callback_that_fails_when_told_does_no_harm()
    {
        int calls = 0;
        await using var host = new TestHost(options => options.StallDetected = _ =>
        {
            calls++;
            throw new TimeZoneNotFoundException();
        });
        host.Shard.Post(TakeLong);
        await Eventually.Comes(() => Volatile.Read(ref calls) == 1, "the call");
        host.Shard.Post(TakeLong);
        await Eventually.Comes(() => host.Shard.GetStatistics().Stalls == 2, "the second stall");
    }

    /// <summary>Of the shard that is to stall; a busy machine may hold up others as well.</summary>
    private static async Task<StallReport> FirstReport(TestHost host, int shard = 0)
    {
        StallReport? report = null;
        await Eventually.Comes(() => (report = host.Stalls.FirstOrDefault(stall => stall.Shard.Id == shard)) is not null, "a report");
        return report!;
    }

    /// <summary>Its thread does not change the CPU any more.</summary>
    private static async Task WatcherRests()
    {
        await Eventually.Comes(
            () =>
            {
                long before = ProcessState.Switches("reactor-watch");
                Thread.Sleep(100);
                return ProcessState.Switches("reactor-watch") == before;
            },
            "the watcher rests");
    }

    private static async Task SleepInHandlerAsync()
    {
        await Shard.Yield();
        Thread.Sleep(100);
    }

    private static void TakeLong() => Busy.For(TimeSpan.FromMilliseconds(200));

    private static void TimerCallback(object? state) => TakeLong();

    private static void Blocks(string way)
    {
        var time = TimeSpan.FromMilliseconds(100);
        using var ended = new ManualResetEvent(initialState: false);
        using var semaphore = new SemaphoreSlim(0);
        Lock gate = new();
        using var isLocked = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            lock (gate)
            {
                isLocked.Set();
                Thread.Sleep(time);
            }

            semaphore.Release();
            ended.Set();
        });
        other.Start();
        switch (way)
        {
            case "Task.Wait":
                Task.Delay(time).Wait();
                break;
            case "Task.Result":
                _ = Delayed().Result;
                break;
            case "WaitOne":
                ended.WaitOne();
                break;
            case "lock":
                isLocked.Wait();
                lock (gate)
                {
                }

                break;
            case "Join":
                break;
            default:
                semaphore.Wait();
                break;
        }

        other.Join();

        async Task<int> Delayed()
        {
            await Task.Delay(time).ConfigureAwait(false);
            return 1;
        }
    }

    private sealed class Node(Node? next)
    {
        internal Node? Next { get; } = next;
    }
}
