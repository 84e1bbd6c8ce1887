using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

/// <summary>Making, changing and giving up groups.</summary>
public sealed class SchedulingGroupTests : IAsyncLifetime
{
    private readonly TestGroups _groups = new();
    private readonly TestHost _host = TestHost.Many(2);

    [Fact]
    public void A_group_has_the_name_and_the_shares_it_was_made_with()
    {
        SchedulingGroup group = _groups.Create("background", 42);
        Assert.Equal(("background", 42, false), (group.Name, group.Shares, group.IsDestroyed));
        Assert.Equal("scheduling group 'background' (42 shares)", group.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(SchedulingGroup.MaxShares)]
    public void Shares_may_be_as_few_and_as_many_as_documented(int shares)
    {
        SchedulingGroup group = _groups.Create(shares);
        Assert.Equal(shares, group.Shares);
        group.Shares = 1;
        group.Shares = SchedulingGroup.MaxShares;
        Assert.Equal(SchedulingGroup.MaxShares, group.Shares);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(SchedulingGroup.MaxShares + 1)]
    [InlineData(int.MaxValue)]
    public void Other_shares_are_refused_and_change_nothing(int shares)
    {
        Assert.Equal("shares", Assert.Throws<ArgumentOutOfRangeException>(() => SchedulingGroup.Create("refused", shares)).ParamName);
        SchedulingGroup group = _groups.Create(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => group.Shares = shares);
        Assert.Equal(100, group.Shares);
    }

    [Fact]
    public void A_group_needs_a_name()
    {
        Assert.Throws<ArgumentNullException>(() => SchedulingGroup.Create(null!, 1));
        Assert.Throws<ArgumentException>(() => SchedulingGroup.Create("", 1));
        Assert.Throws<ArgumentException>(() => SchedulingGroup.Create(" ", 1));
    }

    [Fact]
    public void Two_groups_may_have_the_same_name()
    {
        SchedulingGroup first = _groups.Create("same", 1);
        SchedulingGroup second = _groups.Create("same", 1);
        Assert.NotSame(first, second);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Code_that_is_in_no_other_is_in_the_default_group()
    {
        Assert.Same(SchedulingGroup.Default, SchedulingGroup.Current);
        Assert.Same(SchedulingGroup.Default, await _host.Run(() => SchedulingGroup.Current));
        Assert.Equal("default", SchedulingGroup.Default.Name);
    }

    [Fact]
    public void The_default_group_cannot_be_destroyed()
    {
        var exception = Assert.Throws<InvalidOperationException>(SchedulingGroup.Default.Destroy);
        Assert.Contains("default scheduling group", exception.Message, StringComparison.Ordinal);
        Assert.False(SchedulingGroup.Default.IsDestroyed);
    }

    [Fact]
    public void Destroying_a_group_again_does_nothing()
    {
        SchedulingGroup group = _groups.Create();
        group.Destroy();
        Assert.True(group.IsDestroyed);
        SchedulingGroup next = _groups.Create();
        group.Destroy();
        Assert.False(next.IsDestroyed);
    }

    [Fact]
    public Task A_group_with_queued_work_is_not_destroyed() => _host.Run(async () =>
    {
        SchedulingGroup group = _groups.Create("busy", 10);
        Task first = group.RunAsync(static () => { }).AsTask();
        Task second = group.RunAsync(static () => { }).AsTask();
        var exception = Assert.Throws<InvalidOperationException>(group.Destroy);
        Assert.Contains("'busy'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(" 2 ", exception.Message, StringComparison.Ordinal);
        Assert.False(group.IsDestroyed);
        await first;
        await second;
        group.Destroy();
        Assert.True(group.IsDestroyed);
    });

    [Fact]
    public async Task A_group_with_queued_work_on_one_shard_is_not_destroyed_on_another()
    {
        SchedulingGroup group = _groups.Create();
        using var isBusy = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        Task work = _host.Shards[1].InvokeAsync(async () =>
        {
            ValueTask queued = group.RunAsync(static () => { });
            isBusy.Set();
            goOn.Wait();
            await queued;
        }).AsTask();
        isBusy.Wait();
        try
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await _host.Shards[0].InvokeAsync(group.Destroy));
        }
        finally
        {
            goOn.Set();
        }

        await Eventually.Ends(work, "the queued work");
        await _host.Shards[0].InvokeAsync(group.Destroy);
    }

    [Fact]
    public async Task An_id_is_used_again_and_the_groups_are_not_taken_for_each_other()
    {
        SchedulingGroup old = _groups.Create();
        await _host.Run(() => old.RunAsync(() => Assert.Same(old, SchedulingGroup.Current)).AsTask());
        old.Destroy();
        SchedulingGroup young = WithId(old.Id);
        await _host.Run(async () =>
        {
            await young.RunAsync(() => Assert.Same(young, SchedulingGroup.Current));
            await old.RunAsync(() => Assert.Same(SchedulingGroup.Default, SchedulingGroup.Current));
            await young.RunAsync(async () =>
            {
                await Task.Yield();
                Assert.Same(young, SchedulingGroup.Current);
            });
        });
    }

    public static TheoryData<string> Waits => [.. s_waits.Keys];

    private static readonly Dictionary<string, Func<Task, Shard, Task>> s_waits = new()
    {
        ["a task of another thread"] = async (end, _) => await end.ContinueWith(static _ => { }, TaskScheduler.Default),
        ["a task that was completed on the shard"] = async (end, _) => await end,
        ["a delay"] = async (end, _) =>
        {
            while (!end.IsCompleted)
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(1));
            }
        },
        ["a call to another shard"] = async (end, other) => await other.InvokeAsync(async () => await end),
        ["yielding"] = async (end, _) =>
        {
            // What is under way when the group is destroyed is so until the end of the slice.
            while (!end.IsCompleted || SchedulingGroup.Current.IsDestroyed)
            {
                await Shard.Yield();
            }
        },
    };

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task What_is_pending_when_its_group_is_destroyed_goes_on_in_the_default_group(string wait)
    {
        SchedulingGroup group = _groups.Create();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<SchedulingGroup> pending = _host.Run(async () =>
        {
            SchedulingGroup? after = null;
            await group.RunAsync(async () =>
            {
                Assert.Same(group, SchedulingGroup.Current);
                Task pending = s_waits[wait](end.Task, _host.Shards[1]);
                waits.SetResult();
                await pending;
                after = SchedulingGroup.Current;
            });
            return after!;
        });
        await Eventually.Ends(waits.Task, "the beginning of the wait");
        await DestroyAsync(group);
        end.SetResult();
        Assert.Same(SchedulingGroup.Default, await pending);
    }

    [Fact]
    public async Task Code_that_runs_on_and_on_while_its_group_is_destroyed_goes_on_in_the_default_group()
    {
        SchedulingGroup group = _groups.Create();
        await _host.Run(() => group.RunAsync(async () =>
        {
            group.Destroy();
            await Turn.Ends();
            Assert.Same(SchedulingGroup.Default, SchedulingGroup.Current);
            await Task.Yield();
            Assert.Same(SchedulingGroup.Default, SchedulingGroup.Current);
        }).AsTask());
    }

    /// <remarks>Groups come and go on all shards and on none, while the shards use them: nothing is lost.</remarks>
    [Fact]
    public async Task Groups_that_come_and_go_while_shards_use_them_lose_no_work()
    {
        const int Rounds = 300;
        SchedulingGroup current = SchedulingGroup.Create("fleeting", 100);
        int ran = 0;
        bool isOver = false;
        Task[] users = [.. _host.Shards.Select(shard => TestHost.On(shard, async () =>
        {
            for (int i = 0; !Volatile.Read(ref isOver) || i < Rounds; i++)
            {
                SchedulingGroup group = Volatile.Read(ref current);
                await group.RunAsync(async () =>
                {
                    await Shard.YieldIfNeeded();
                    await Task.Yield();
                    Interlocked.Increment(ref ran);
                });
                Interlocked.Decrement(ref ran);
            }
        }))];
        await Eventually.Ends(
            Task.Run(async () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    SchedulingGroup old = current;
                    Volatile.Write(ref current, SchedulingGroup.Create("fleeting", 100));
                    await DestroyAsync(old);
                }

                Volatile.Write(ref isOver, true);
            }),
            "the coming and going");
        await Eventually.Ends(Task.WhenAll(users), "the use");
        Assert.Equal(0, ran);
        await DestroyAsync(current);
        Assert.Empty(_host.Unhandled);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _groups.Destroy();
    }

    /// <summary>As soon as nothing of it is queued.</summary>
    private static Task DestroyAsync(SchedulingGroup group) => Eventually.Comes(
        () =>
        {
            try
            {
                group.Destroy();
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        },
        "destroying the group");

    /// <summary>Other tests make groups meanwhile: those that get another id are given up again.</summary>
    private SchedulingGroup WithId(int id)
    {
        for (int attempt = 0; attempt < 10_000; attempt++)
        {
            SchedulingGroup group = _groups.Create();
            if (group.Id == id)
            {
                return group;
            }
        }

        throw new Xunit.Sdk.XunitException($"the id {id} is not used again");
    }
}
