#pragma warning disable CA2012 // Yields are looked at before they are awaited, which is the point.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

public sealed class PreemptionWithRingTests() : PreemptionTests(SliceKind.Ring);

public sealed class PreemptionWithClockTests() : PreemptionTests(SliceKind.Clock);

/// <summary>When code is asked to yield, and what happens when it does.</summary>
public abstract class PreemptionTests(SliceKind backend) : SchedulerTests(backend)
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Threads_that_are_no_shards_need_not_yield_and_do_not()
    {
        Assert.False(Shard.NeedsPreempt);
        Assert.True(Shard.YieldIfNeeded().IsCompletedSuccessfully);
        Assert.True(Shard.Yield().IsCompletedSuccessfully);
    }

    [Fact]
    public Task Code_need_not_yield_within_its_slice()
    {
        TestHost host = Start(s_hour);
        return host.Run(async () =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                Assert.False(Shard.NeedsPreempt);
                Assert.True(Shard.YieldIfNeeded().IsCompletedSuccessfully);
                await Shard.Yield();
            }
        });
    }

    [Fact]
    public Task Code_needs_to_yield_after_its_slice_and_not_before()
    {
        TestHost host = Start(20 * s_millisecond);
        return host.Run(async () =>
        {
            for (int i = 0; i < 5; i++)
            {
                await NextSlice();
                long start = host.Shard.Activity.RunningSince;
                SpinUntilPreempted();
                Assert.True(Stopwatch.GetElapsedTime(start) >= 20 * s_millisecond);
                Assert.True(Shard.NeedsPreempt);
            }
        });
    }

    [Fact]
    public Task Yielding_lets_what_is_ready_run_first()
    {
        TestHost host = Start(s_hour);
        return host.Run(async () =>
        {
            var order = new List<string>();
            host.Shard.Post(() => order.Add("posted"));
            ValueTask other = Group().RunAsync(() => order.Add("other group"));
            await Shard.Yield();
            order.Add("yielded");
            await other;
            Assert.Equal("posted", order[0]);
            Assert.Equal(3, order.Count);
        });
    }

    [Fact]
    public Task Code_that_yields_when_it_is_to_lets_others_run()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            bool ran = false;
            ValueTask other = Group().RunAsync(() => ran = true);
            while (!ran)
            {
                await Shard.YieldIfNeeded();
            }

            await other;
        });
    }

    [Fact]
    public async Task A_shard_whose_code_yields_when_it_is_to_answers_other_threads()
    {
        TestHost host = Start();
        bool isOver = false;
        Task hog = host.Run(async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                await Shard.YieldIfNeeded();
            }
        });
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(i, await host.Run(() => i));
        }

        Volatile.Write(ref isOver, true);
        await hog;
    }

    [Fact]
    public Task What_is_left_at_the_end_of_a_slice_is_counted()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            await NextSlice();
            long before = host.Shard.GetStatistics().Preemptions;
            SpinUntilPreempted();
            await Shard.YieldIfNeeded();
            Assert.Equal(before + 1, host.Shard.GetStatistics().Preemptions);
        });
    }

    private static readonly Dictionary<string, Func<Shard, Action, IDisposable?>> s_timers = new()
    {
        ["a delay"] = (shard, fired) =>
        {
            _ = Wait();
            return null;

            async Task Wait()
            {
                await Shard.Delay(5 * s_millisecond);
                fired();
            }
        },
        ["a timeout"] = (_, fired) =>
        {
            ShardTimeout timeout = Shard.Timeout(5 * s_millisecond);
            timeout.Token.Register(fired);
            return timeout;
        },
        ["a timer"] = (shard, fired) => shard.TimeProvider.CreateTimer(_ => fired(), null, 5 * s_millisecond, Timeout.InfiniteTimeSpan),
        ["a timer that is changed"] = (shard, fired) =>
        {
            ITimer timer = shard.TimeProvider.CreateTimer(_ => fired(), null, s_hour, Timeout.InfiniteTimeSpan);
            timer.Change(5 * s_millisecond, Timeout.InfiniteTimeSpan);
            return timer;
        },
        ["Task.Delay"] = (shard, fired) =>
        {
            _ = Task.Delay(5 * s_millisecond, shard.TimeProvider).ContinueWith(_ => fired(), TaskScheduler.Default);
            return null;
        },
    };

    public static TheoryData<string, bool> Timers()
    {
        var data = new TheoryData<string, bool>();
        foreach (string timer in s_timers.Keys)
        {
            data.Add(timer, false);
            data.Add(timer, true);
        }

        return data;
    }

    /// <remarks>The slice is an hour. A timer that is armed while nobody has asked is known at the first question; one that is armed later has to shorten what is under way.</remarks>
    [Theory]
    [MemberData(nameof(Timers))]
    public async Task A_timer_interrupts_a_loop_that_asks(string timer, bool isSliceUnderWay)
    {
        TestHost host = Start(s_hour);
        await host.Run(async () =>
        {
            if (isSliceUnderWay)
            {
                Assert.False(Shard.NeedsPreempt);
            }

            bool hasFired = false;
            using IDisposable? armed = s_timers[timer](host.Shard, () => Volatile.Write(ref hasFired, true));
            SpinUntilPreempted();
            long start = Stopwatch.GetTimestamp();
            while (!Volatile.Read(ref hasFired))
            {
                await Shard.Yield();
                Assert.True(Stopwatch.GetElapsedTime(start) < Eventually.Deadline, "it was not the timer");
            }
        });
    }

    [Fact]
    public async Task A_periodic_timer_interrupts_a_loop_that_asks_again_and_again()
    {
        TestHost host = Start(s_hour);
        await host.Run(async () =>
        {
            int calls = 0;
            using ITimer timer = host.Shard.TimeProvider.CreateTimer(_ => calls++, null, s_millisecond, s_millisecond);
            while (calls < 10)
            {
                SpinUntilPreempted();
                await Shard.Yield();
            }
        });
    }

    [Fact]
    public async Task Without_a_quota_nobody_is_ever_asked_to_yield()
    {
        TestHost host = Start(Timeout.InfiniteTimeSpan);
        await host.Run(async () =>
        {
            using ITimer timer = host.Shard.TimeProvider.CreateTimer(static _ => { }, null, TimeSpan.Zero, s_millisecond);
            host.Shard.Post(static () => { });
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < 20 * s_millisecond)
            {
                Assert.False(Shard.NeedsPreempt);
                Assert.True(Shard.YieldIfNeeded().IsCompletedSuccessfully);
            }

            await Shard.Yield();
        });
    }

    /// <remarks>Without a quota, too, a chain of continuations must not keep the loop from polling.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_loop_that_yields_lets_timers_and_other_threads_have_their_turn(bool hasQuota)
    {
        TestHost host = Start(hasQuota ? null : Timeout.InfiniteTimeSpan);
        bool isOver = false;
        Task yielding = host.Run(async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                await Shard.Yield();
            }
        });
        await host.Run(static async () => await Shard.Delay(s_millisecond));
        Volatile.Write(ref isOver, true);
        await yielding;
    }

    public static TheoryData<string> Loops => ["yields", "yields when it is to", "posts itself"];

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task A_loop_that_goes_on_for_ever_does_not_keep_the_host_from_stopping(string loop)
    {
        TestHost host = Start();
        SchedulingGroup group = Group();
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await host.Run(async () =>
        {
            _ = group.RunAsync(RunAsync).AsTask();
            await Turn.Ends();
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the loop"));

        async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    switch (loop)
                    {
                        case "yields":
                            await Shard.Yield();
                            break;
                        case "yields when it is to":
                            await Shard.YieldIfNeeded();
                            break;
                        default:
                            await Task.Yield();
                            await Shard.Yield();
                            break;
                    }
                }
            }
            catch (Exception exception)
            {
                ended.SetResult(exception);
            }
        }
    }

    [Fact]
    public Task Many_may_yield_at_a_time_and_go_on_in_turn()
    {
        TestHost host = Start(s_hour);
        return host.Run(async () =>
        {
            var order = new List<int>();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(async number =>
            {
                for (int i = 0; i < 3; i++)
                {
                    await Shard.Yield();
                    order.Add(number);
                }
            }));
            Assert.Equal([0, 1, 2, 0, 1, 2, 0, 1, 2], order);
        });
    }

    [Fact]
    public Task A_yield_may_be_awaited_as_a_task()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            SchedulingGroup group = Group();
            await group.RunAsync(async () =>
            {
                for (int i = 0; i < 10; i++)
                {
                    Task task = Shard.Yield().AsTask();
                    Assert.False(task.IsCompleted);
                    await task;
                    Assert.Same(group, SchedulingGroup.Current);
                }

                await Task.WhenAll(Shard.Yield().AsTask(), Shard.Yield().AsTask());
            });
        });
    }

    [Fact]
    public Task A_yield_that_is_asked_and_not_awaited_has_ended_in_the_next_turn()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            ValueTask yield = Shard.Yield();
            Assert.False(yield.IsCompleted);
            await Turn.Ends();
            Assert.True(yield.IsCompletedSuccessfully);
            await yield;
        });
    }

    [Fact]
    public Task The_execution_context_flows_over_a_yield_where_it_is_to()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            var local = new AsyncLocal<string?> { Value = "own" };
            await Shard.Yield();
            Assert.Equal("own", local.Value);

            var flowing = new TaskCompletionSource<string?>();
            var unsafely = new TaskCompletionSource<string?>();
            ValueTaskAwaiter awaiter = Shard.Yield().GetAwaiter();
            awaiter.OnCompleted(() => flowing.SetResult(local.Value));
            Shard.Yield().GetAwaiter().UnsafeOnCompleted(() => unsafely.SetResult(local.Value));
            local.Value = "changed";
            Assert.Equal("own", await flowing.Task);
            Assert.Null(await unsafely.Task);
            Assert.Equal("changed", local.Value);
        });
    }

    [Fact]
    public async Task A_yield_is_awaited_on_its_shard_only()
    {
        TestHost host = Start();
        ValueTask yield = default;
        await host.Run(() =>
        {
            yield = Shard.Yield();
            return true;
        });
        Assert.Throws<InvalidOperationException>(() => _ = yield.IsCompleted);
    }

    [Fact]
    public async Task A_yield_that_is_awaited_after_the_shard_has_stopped_fails()
    {
        TestHost host = Start();
        ValueTask last = default;
        host.Shard.Post(() => _ = RunAsync());
        await host.DisposeAsync();
        var waiting = Task.Run(async () => await last);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(waiting, "the await"));

        async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    await Shard.Yield();
                }
            }
            catch (ObjectDisposedException)
            {
                last = Shard.Yield();
            }
        }
    }

    /// <summary>What comes next has its whole slice before it.</summary>
    private static async Task NextSlice()
    {
        SpinUntilPreempted();
        await Shard.YieldIfNeeded();
    }

    private static void SpinUntilPreempted()
    {
        long start = Stopwatch.GetTimestamp();
        while (!Shard.NeedsPreempt)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Eventually.Deadline, "the slice does not end");
        }
    }
}
