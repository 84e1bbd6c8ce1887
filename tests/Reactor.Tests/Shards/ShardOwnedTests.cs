using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>The owner of an object elsewhere: used and disposed at home, from everywhere.</summary>
public sealed class ShardOwnedTests
{
    private readonly Tracker _tracker = new();

    public static TheoryData<Caller, bool> Ways => CrossShardCallTests.Ways;

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_call_in_every_form_runs_at_home(Caller caller, bool useContext) => Run(caller, useContext, async (home, owned) =>
    {
        using var cancellation = new CancellationTokenSource();
        Shard? here = Shard.Current;
        Assert.Same(home, owned.Shard);
        Assert.Equal(1, await owned.InvokeAsync(Number));
        Assert.Equal(6, await owned.InvokeAsync(static (own, more) => Number(own) + more, 5, cancellation.Token));
        Assert.Equal(1, await owned.InvokeAsync(NumberLater, cancellation.Token));
        Assert.Equal(6, await owned.InvokeAsync(static async (own, more) => await NumberLater(own) + more, 5));
        Assert.Equal(1, await owned.InvokeAsync(static own => NumberLater(own).AsTask()));
        Assert.Equal(6, await owned.InvokeAsync(static (own, more) => Task.FromResult(Number(own) + more), 5));
        await owned.InvokeAsync(static own => { own.Number++; });
        await owned.InvokeAsync(static (own, more) => { own.Number += more; }, 10);
        await owned.InvokeAsync(static async own => own.Number += 100 + 0 * await NumberLater(own));
        await owned.InvokeAsync(static async (own, more) => own.Number += more + 0 * await NumberLater(own), 1_000);
        await owned.InvokeAsync(static own => AddLater(own, 10_000));
        await owned.InvokeAsync(AddLater, 100_000);
        Assert.Equal(111_112, await owned.InvokeAsync(Number));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await owned.InvokeAsync(static int (_) => throw new TimeZoneNotFoundException()));
        Assert.Same(here, Shard.Current);
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task The_object_itself_is_seen_at_home_only(Caller caller, bool useContext) => Run(caller, useContext, async (home, owned) =>
    {
        if (caller == Caller.Self)
        {
            Assert.Same(_tracker.Made.Single(), owned.Value);
        }
        else
        {
            Assert.Contains(home.ToString(), Assert.Throws<InvalidOperationException>(() => owned.Value).Message, StringComparison.Ordinal);
        }

        await owned.InvokeAsync(own => Assert.Same(own, owned.Value));
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public Task Disposing_disposes_the_object_once_at_home(Caller caller, bool useContext) => Run(caller, useContext, async (home, owned) =>
    {
        Shard? here = Shard.Current;
        _tracker.OnDispose = async _ =>
        {
            await Task.Yield();
        };
        await owned.DisposeAsync();
        Assert.Same(here, Shard.Current);
        _tracker.AllDisposedAtHome();
        await owned.DisposeAsync();
        Assert.Same(here, Shard.Current);
        _tracker.AllDisposedAtHome();
        string message = (await Assert.ThrowsAsync<ObjectDisposedException>(async () => await owned.InvokeAsync(Number))).Message;
        Assert.Contains("ShardOwned<Tracked>", message, StringComparison.Ordinal);
        Assert.Contains(home.ToString(), message, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Disposals_from_everywhere_at_once_dispose_once_and_all_wait()
    {
        await using var callers = new Callers();
        var gate = new TaskCompletionSource();
        _tracker.OnDispose = async _ => await gate.Task;
        ShardOwned<Tracked> owned = await callers.Target.InvokeAsync(() => new ShardOwned<Tracked>(_tracker.Make()));
        Task[] disposals =
        [
            .. Enum.GetValues<Caller>().Select(caller => callers.Run(caller, async () =>
            {
                Shard? here = Shard.Current;
                await owned.DisposeAsync();
                Assert.Same(here, Shard.Current);
            })),
        ];
        await Eventually.Comes(() => _tracker.Made.Single().DisposedOn.Count == 1, "the disposal has begun");
        await callers.Target.InvokeAsync(() => { });
        Assert.DoesNotContain(disposals, disposal => disposal.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(disposals);
        _tracker.AllDisposedAtHome();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public Task A_disposal_that_throws_is_told_to_every_caller(Caller caller, bool useContext) => Run(caller, useContext, async (_, owned) =>
    {
        _tracker.OnDispose = static _ => throw new TimeZoneNotFoundException();
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await owned.DisposeAsync());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await owned.DisposeAsync());
        _tracker.AllDisposedAtHome();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_home_has_stopped_the_object_is_disposed_on_the_thread_pool(bool useContext)
    {
        var host = TestHost.Many(2, useContext);
        ShardOwned<Tracked> owned = await host.Shards[1].InvokeAsync(() => new ShardOwned<Tracked>(_tracker.Make()));
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await owned.InvokeAsync(Number));
        await Eventually.Ends(owned.DisposeAsync().AsTask(), "the disposal");
        Assert.Equal([null], _tracker.Made.Single().DisposedOn);
        await Eventually.Ends(owned.DisposeAsync().AsTask(), "the second disposal");
        _tracker.AllDisposedOnce();
    }

    [Theory]
    [InlineData(Caller.Sister)]
    [InlineData(Caller.Self)]
    [InlineData(Caller.OtherHost)]
    [InlineData(Caller.ThreadPool)]
    public async Task A_disposal_that_races_with_the_stop_of_home_ends_and_disposes_once(Caller caller)
    {
        var random = new Random(1);
        for (int round = 0; round < 30; round++)
        {
            await using var callers = new Callers(useContext: round % 2 == 0);
            var tracker = new Tracker();
            ShardOwned<Tracked> owned = await callers.Target.InvokeAsync(() => new ShardOwned<Tracked>(tracker.Make()));
            var disposal = new TaskCompletionSource();
            if (callers.ShardOf(caller) is { } shard)
            {
                shard.Post(() => _ = Dispose());
            }
            else
            {
                _ = Task.Run(Dispose);
            }

            Thread.SpinWait(random.Next(20_000));
            await callers.Host.DisposeAsync();
            await Eventually.Ends(disposal.Task, $"the disposal, in round {round}");
            tracker.AllDisposedOnce();

            async Task Dispose()
            {
                try
                {
                    await owned.DisposeAsync();
                    disposal.SetResult();
                }
                catch (Exception exception)
                {
                    disposal.SetException(exception);
                }
            }
        }
    }

    [Fact]
    public async Task It_is_made_on_a_shard_only_and_of_something()
    {
        Assert.Contains("InvokeAsync", Assert.Throws<InvalidOperationException>(() => new ShardOwned<Tracked>(_tracker.Make())).Message, StringComparison.Ordinal);
        await using var host = TestHost.Many(1);
        await host.Run(() =>
        {
            Assert.Throws<ArgumentNullException>(() => new ShardOwned<Tracked>(null!));
            return Task.CompletedTask;
        });
    }

    private static int Number(Tracked own)
    {
        Assert.Same(own.MadeOn, Shard.Current);
        return own.Number;
    }

    private static async ValueTask<int> NumberLater(Tracked own)
    {
        await Shard.Delay(TimeSpan.Zero);
        return Number(own);
    }

    private static async Task AddLater(Tracked own, int more) => own.Number += more + 0 * await NumberLater(own);

    private async Task Run(Caller caller, bool useContext, Func<Shard, ShardOwned<Tracked>, Task> body)
    {
        await using var callers = new Callers(useContext);
        ShardOwned<Tracked> owned = await callers.Target.InvokeAsync(() => new ShardOwned<Tracked>(_tracker.Make()));
        await callers.Run(caller, () => body(callers.Target, owned));
    }
}
