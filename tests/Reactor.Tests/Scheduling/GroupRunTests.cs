using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

/// <summary>Running code in a group: in every form, whatever becomes of it, and again and again.</summary>
public sealed class GroupRunTests
{
    private static readonly Dictionary<string, Func<SchedulingGroup, List<SchedulingGroup>, Task>> s_forms = new()
    {
        ["an action"] = async (group, seen) => await group.RunAsync(() => seen.Add(SchedulingGroup.Current)),
        ["a function of a value task"] = async (group, seen) => await group.RunAsync(() => Note(seen)),
        ["a function of a value task with state"] = async (group, seen) => await group.RunAsync(static seen => Note(seen), seen),
        ["a function of a value task with a result"] = async (group, seen) => Assert.Equal(7, await group.RunAsync(() => Answer(seen))),
        ["a function of a value task with state and a result"] = async (group, seen) => Assert.Equal(7, await group.RunAsync(static seen => Answer(seen), seen)),
        ["a function of a task"] = async (group, seen) => await group.RunAsync(() => Note(seen).AsTask()),
        ["a function of a task with a result"] = async (group, seen) => Assert.Equal(7, await group.RunAsync(() => Answer(seen).AsTask())),
        ["an async lambda"] = async (group, seen) => await group.RunAsync(async () => await Note(seen)),
        ["an async lambda with a result"] = async (group, seen) => Assert.Equal(7, await group.RunAsync(async () => await Answer(seen))),
        ["a function that ends at once"] = async (group, seen) => await group.RunAsync(() =>
        {
            seen.Add(SchedulingGroup.Current);
            return default(ValueTask);
        }),
        ["a value task kept for later"] = async (group, seen) =>
        {
            ValueTask run = group.RunAsync(() => seen.Add(SchedulingGroup.Current));
            await Turn.Ends();
            await Turn.Ends();
            Assert.True(run.IsCompleted);
            await run;
        },
        ["a task"] = async (group, seen) => await group.RunAsync(() => Note(seen)).AsTask(),
        ["a task of a result"] = async (group, seen) => Assert.Equal(7, await group.RunAsync(() => Answer(seen)).AsTask()),
    };

    public static TheoryData<string, bool> Forms()
    {
        var data = new TheoryData<string, bool>();
        foreach (string form in s_forms.Keys)
        {
            data.Add(form, true);
            data.Add(form, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task All_of_it_runs_in_the_group_and_the_caller_goes_on_in_its_own(string form, bool useContext)
    {
        await using var test = new GroupHost(useContext);
        await test.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                var seen = new List<SchedulingGroup>();
                await s_forms[form](test.Foreign, seen);
                test.AssertAtHome();
                Assert.NotEmpty(seen);
                Assert.All(seen, group => Assert.Same(test.Foreign, group));
            }
        });
    }

    private static readonly Dictionary<string, Func<SchedulingGroup, ValueTask>> s_failures = new()
    {
        ["an action"] = group => group.RunAsync(static void () => throw new TimeZoneNotFoundException()),
        ["a function of a value task, at once"] = group => group.RunAsync(static ValueTask () => throw new TimeZoneNotFoundException()),
        ["a function of a task, at once"] = group => group.RunAsync(static Task () => throw new TimeZoneNotFoundException()),
        ["a failed task"] = group => group.RunAsync(static () => Task.FromException(new TimeZoneNotFoundException())),
        ["a failed value task"] = group => group.RunAsync(static () => ValueTask.FromException(new TimeZoneNotFoundException())),
        ["later"] = group => group.RunAsync(static async () =>
        {
            await Task.Delay(1);
            throw new TimeZoneNotFoundException();
        }),
        ["later, on the shard"] = group => group.RunAsync(static async () =>
        {
            await Shard.Delay(TimeSpan.Zero);
            throw new TimeZoneNotFoundException();
        }),
        ["with state"] = group => group.RunAsync(static ValueTask (string message) => throw new TimeZoneNotFoundException(message), "x"),
    };

    public static TheoryData<string> Failures => [.. s_failures.Keys];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_it_throws_comes_out_of_the_await(string failure)
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await s_failures[failure](test.Foreign));
                test.AssertAtHome();
            }
        });
        Assert.Empty(test.Unhandled);
    }

    [Fact]
    public async Task What_it_throws_tells_where()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            var exception = await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await test.Foreign.RunAsync(ThrowDeepInside));
            Assert.Contains(nameof(ThrowDeepInside), exception.StackTrace, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_cancelled_function_cancels_the_await()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            Task run = test.Foreign.RunAsync(async () => await Shard.Delay(Timeout.InfiniteTimeSpan, cancellation.Token)).AsTask();
            await Turn.Ends();
            await cancellation.CancelAsync();
            OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
            Assert.Equal(cancellation.Token, exception.CancellationToken);
            Assert.True(run.IsCanceled);
        });
    }

    [Fact]
    public async Task It_does_not_run_before_its_turn()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            bool ran = false;
            ValueTask run = test.Foreign.RunAsync(() => ran = true);
            Assert.False(ran);
            await run;
            Assert.True(ran);
        });
    }

    [Fact]
    public async Task Runs_of_one_group_keep_their_order()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            var order = new List<int>();
            Task[] runs = [.. Enumerable.Range(0, 500).Select(i => test.Foreign.RunAsync(() => order.Add(i)).AsTask())];
            await Task.WhenAll(runs);
            Assert.Equal(Enumerable.Range(0, 500), order);
        });
    }

    [Fact]
    public async Task Groups_nest()
    {
        await using var test = new GroupHost();
        SchedulingGroup[] groups = [test.Own, test.Foreign, test.Create(), SchedulingGroup.Default];
        await test.Run(async () =>
        {
            await NestAsync(12);
            test.AssertAtHome();
        });

        async ValueTask NestAsync(int depth)
        {
            SchedulingGroup here = SchedulingGroup.Current;
            if (depth > 0)
            {
                SchedulingGroup next = groups[depth % groups.Length];
                int result = await next.RunAsync(async () =>
                {
                    Assert.Same(next, SchedulingGroup.Current);
                    await NestAsync(depth - 1);
                    Assert.Same(next, SchedulingGroup.Current);
                    return depth;
                });
                Assert.Equal(depth, result);
                Assert.Same(here, SchedulingGroup.Current);
            }
        }
    }

    [Fact]
    public async Task Many_at_a_time_each_get_their_own_result()
    {
        await using var test = new GroupHost();
        SchedulingGroup[] groups = [.. Enumerable.Range(0, 10).Select(_ => test.Create())];
        await test.Run(async () =>
        {
            for (int round = 0; round < 5; round++)
            {
                Task<(int, SchedulingGroup)>[] runs = [.. Enumerable.Range(0, 1_000).Select(i => groups[i % 10].RunAsync(static async i =>
                {
                    for (int k = 0; k < i % 4; k++)
                    {
                        await Shard.Yield();
                    }

                    return (i, SchedulingGroup.Current);
                }, i).AsTask())];
                (int, SchedulingGroup)[] results = await Task.WhenAll(runs);
                Assert.Equal(Enumerable.Range(0, 1_000).Select(i => (i, groups[i % 10])), results);
            }
        });
    }

    [Fact]
    public async Task An_async_local_flows_in_and_not_out()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            var local = new AsyncLocal<int> { Value = 1 };
            await test.Foreign.RunAsync(async () =>
            {
                await Task.Yield();
                local.Value = 2;
            });
            Assert.Equal(1, local.Value);
        });
    }

    [Fact]
    public async Task It_needs_a_shard()
    {
        await using var test = new GroupHost();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await test.Own.RunAsync(static () => { }));
        Assert.Contains("scheduling group 'own'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("InvokeAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_needs_something_to_run()
    {
        await using var test = new GroupHost();
        await test.Run(() =>
        {
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Action)null!).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<ValueTask>)null!).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<Task>)null!).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<ValueTask<int>>)null!).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<Task<int>>)null!).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<int, ValueTask>)null!, 1).AsTask(); });
            Assert.Throws<ArgumentNullException>(() => { _ = test.Own.RunAsync((Func<int, ValueTask<int>>)null!, 1).AsTask(); });
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_function_that_returns_no_task_fails_the_await()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            await Assert.ThrowsAsync<ArgumentNullException>(async () => await test.Foreign.RunAsync(static Task () => null!));
            test.AssertAtHome();
        });
    }

    [Fact]
    public async Task What_runs_in_a_group_when_the_host_stops_ends()
    {
        var test = new GroupHost();
        var ended = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await test.Run(() =>
        {
            _ = WaitAsync();
            return Task.CompletedTask;

            async Task WaitAsync()
            {
                try
                {
                    await test.Foreign.RunAsync(static async () => await Shard.Delay(Timeout.InfiniteTimeSpan));
                }
                catch (Exception exception)
                {
                    ended.SetResult(exception);
                }
            }
        });
        await test.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the run"));
    }

    [Fact]
    public async Task What_is_queued_in_groups_when_the_host_stops_still_runs()
    {
        var test = new GroupHost();
        SchedulingGroup[] groups = [.. Enumerable.Range(0, 5).Select(_ => test.Create())];
        int ran = 0;
        int awaited = 0;
        using var isBusy = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        test.Home.Post(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                _ = QueueAsync(groups[i % 5]);
            }

            isBusy.Set();
            goOn.Wait();
        });
        isBusy.Wait();
        Task stop = test.DisposeAsync().AsTask();
        goOn.Set();
        await Eventually.Ends(stop, "the stop");
        Assert.Equal((1_000, 1_000), (ran, awaited));

        async Task QueueAsync(SchedulingGroup group)
        {
            await group.RunAsync(() => ran++);
            awaited++;
        }
    }

    private static async ValueTask Note(List<SchedulingGroup> seen)
    {
        seen.Add(SchedulingGroup.Current);
        await Shard.Delay(TimeSpan.Zero);
        seen.Add(SchedulingGroup.Current);
        await Shard.Yield();
        seen.Add(SchedulingGroup.Current);
    }

    private static async ValueTask<int> Answer(List<SchedulingGroup> seen)
    {
        await Note(seen);
        return 7;
    }

    private static void ThrowDeepInside() => throw new TimeZoneNotFoundException();
}
