using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

/// <summary>Callbacks, and functions on other shards, run in the group of the code that asked for them.</summary>
public sealed class GroupCallbackTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    public static TheoryData<Caller, bool> Callees => new()
    {
        { Caller.Sister, true },
        { Caller.Sister, false },
        { Caller.Self, true },
        { Caller.Self, false },
        { Caller.OtherHost, true },
        { Caller.OtherHost, false },
    };

    [Theory]
    [MemberData(nameof(Callees))]
    public async Task A_function_on_another_shard_runs_in_its_callers_group(Caller callee, bool useContext)
    {
        await using var test = new GroupHost(useContext);
        Shard target = Target(test, callee);
        await test.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Same(test.Own, await target.InvokeAsync(static () => SchedulingGroup.Current));
                Assert.Same(test.Own, await target.InvokeAsync(static async () =>
                {
                    await Shard.Delay(s_millisecond);
                    return SchedulingGroup.Current;
                }));
                await test.Foreign.RunAsync(async () => Assert.Same(test.Foreign, await target.InvokeAsync(static () => SchedulingGroup.Current)));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Callees))]
    public async Task A_posted_callback_runs_in_the_group_of_who_posted_it(Caller callee, bool useContext)
    {
        await using var test = new GroupHost(useContext);
        Shard target = Target(test, callee);
        var ran = new TaskCompletionSource<(Shard?, SchedulingGroup)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await test.Run(() =>
        {
            target.Post(() => ran.SetResult((Shard.Current, SchedulingGroup.Current)));
            return Task.CompletedTask;
        });
        Assert.Equal((target, test.Own), await Eventually.Ends(ran.Task, "the callback"));
    }

    [Fact]
    public async Task What_comes_from_threads_that_are_no_shards_runs_in_the_default_group()
    {
        await using var test = new GroupHost();
        Assert.Same(SchedulingGroup.Default, await test.Home.InvokeAsync(static () => SchedulingGroup.Current));
        var ran = new TaskCompletionSource<SchedulingGroup>(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Home.Post(() => ran.SetResult(SchedulingGroup.Current));
        Assert.Same(SchedulingGroup.Default, await Eventually.Ends(ran.Task, "the callback"));
    }

    [Fact]
    public async Task A_chain_of_calls_through_shards_and_hosts_keeps_its_group()
    {
        await using var test = new GroupHost();
        await test.Run(async () => await test.Sister.InvokeAsync(async () =>
            await test.Stranger.InvokeAsync(async () =>
            {
                Assert.Same(test.Own, SchedulingGroup.Current);
                await Task.Delay(1);
                await test.Home.InvokeAsync(() => Assert.Same(test.Own, SchedulingGroup.Current));
                Assert.Same(test.Own, SchedulingGroup.Current);
            })));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_timer_calls_in_the_group_that_made_it(bool useContext)
    {
        await using var test = new GroupHost(useContext);
        var groups = new List<SchedulingGroup>();
        await test.Run(async () =>
        {
            var called = new ShardSemaphore(0);
            using ITimer timer = test.Home.TimeProvider.CreateTimer(
                _ =>
                {
                    groups.Add(SchedulingGroup.Current);
                    called.Signal();
                },
                null,
                s_millisecond,
                s_millisecond);
            await called.WaitAsync(3);

            // Whoever changes it.
            await test.Foreign.RunAsync(() => Assert.True(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan)));
            await called.WaitAsync(1);
        });
        Assert.Equal([.. Enumerable.Repeat(test.Own, groups.Count)], groups);
    }

    [Fact]
    public async Task A_timer_that_was_made_elsewhere_calls_in_the_default_group()
    {
        await using var test = new GroupHost();
        var called = new TaskCompletionSource<SchedulingGroup>(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer timer = test.Home.TimeProvider.CreateTimer(_ => called.TrySetResult(SchedulingGroup.Current), null, s_millisecond, Timeout.InfiniteTimeSpan);
        Assert.Same(SchedulingGroup.Default, await Eventually.Ends(called.Task, "the call"));
    }

    [Fact]
    public async Task A_timer_that_throws_leaves_the_groups_of_the_others_alone()
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            using ITimer timer = test.Home.TimeProvider.CreateTimer(static _ => throw new TimeZoneNotFoundException(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            await Shard.Delay(s_millisecond * 2);
            test.AssertAtHome();
        });
        Assert.IsType<TimeZoneNotFoundException>(Assert.Single(test.Unhandled));
    }

    public static TheoryData<string> Ends => ["by its time", "by a token that another group cancels", "by a token that another thread cancels", "by a token that another shard cancels"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_is_registered_with_a_timeout_runs_in_the_group_that_began_it(string end)
    {
        await using var test = new GroupHost();
        await test.Run(async () =>
        {
            using var linked = new CancellationTokenSource();
            using ShardTimeout timeout = Shard.Timeout(end == "by its time" ? s_millisecond : Timeout.InfiniteTimeSpan, linked.Token);
            var fired = new TaskCompletionSource<(Shard?, SchedulingGroup)>();
            using CancellationTokenRegistration registration = timeout.Token.UnsafeRegister(_ => fired.SetResult((Shard.Current, SchedulingGroup.Current)), null);
            switch (end)
            {
                case "by a token that another group cancels":
                    test.Later(linked.Cancel);
                    break;
                case "by a token that another thread cancels":
                    _ = Task.Run(linked.Cancel);
                    break;
                case "by a token that another shard cancels":
                    test.Sister.Post(linked.Cancel);
                    break;
            }

            // Documented: a token that fires on the shard makes the timeout's own fire there and then.
            SchedulingGroup expected = end == "by a token that another group cancels" ? test.Foreign : test.Own;
            Assert.Equal((test.Home, expected), await fired.Task);
            test.AssertAtHome();
        });
    }

    /// <remarks>Of Post, of async void, of a timer: whatever an exception leaves, what comes after it is in its own group.</remarks>
    [Fact]
    public async Task After_an_exception_that_nobody_awaits_the_groups_are_right()
    {
        await using var test = new GroupHost();
        var seen = new List<SchedulingGroup>();
        await test.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                test.Home.Post(static () => throw new TimeZoneNotFoundException());
                test.Home.Post(() => seen.Add(SchedulingGroup.Current));
                ValueTask other = test.Foreign.RunAsync(() =>
                {
                    test.Home.Post(static () =>
                    {
                        SynchronizationContext.SetSynchronizationContext(null);
                        throw new TimeZoneNotFoundException();
                    });
                    test.Home.Post(() => Assert.Same(test.Home.QueueOf(test.Foreign).Context, SynchronizationContext.Current));
                });
                await other;
                test.AssertAtHome();
                await Task.Yield();
                test.AssertAtHome();
            }
        });
        await test.Home.InvokeAsync(static () => { });
        Assert.Equal([.. Enumerable.Repeat(test.Own, 10)], seen);
        Assert.Equal(20, test.Unhandled.Count(exception => exception is TimeZoneNotFoundException));
        Assert.Equal(20, test.Unhandled.Count());
    }

    private static Shard Target(GroupHost test, Caller callee) => callee switch
    {
        Caller.Sister => test.Sister,
        Caller.Self => test.Home,
        _ => test.Stranger,
    };
}
