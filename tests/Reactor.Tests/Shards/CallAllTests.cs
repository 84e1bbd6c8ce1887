using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>InvokeOnAllAsync: everywhere at once, and all have ended when it has.</summary>
public sealed class CallAllTests
{
    public static TheoryData<int, bool, bool> Hosts => new()
    {
        // Shards, with a context, called from a shard.
        { 1, true, true },
        { 2, true, true },
        { 2, true, false },
        { 2, false, true },
        { 2, false, false },
        { 4, true, true },
        { 4, true, false },
        { 4, false, true },
        { 4, false, false },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Every_form_runs_once_on_every_shard(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        int[] ran = new int[shards];
        await host.Host.InvokeOnAllAsync(() => { ran[Shard.Current!.Id]++; });
        await host.Host.InvokeOnAllAsync(static ran => { ran[Shard.Current!.Id]++; }, ran);
        await host.Host.InvokeOnAllAsync(() => CountLater(ran));
        await host.Host.InvokeOnAllAsync(CountLater, ran);
        await host.Host.InvokeOnAllAsync(() => CountLater(ran).AsTask());
        await host.Host.InvokeOnAllAsync(static ran => CountLater(ran).AsTask(), ran);
        await host.Host.InvokeOnAllAsync(async () => await CountLater(ran));
        Assert.All(ran, count => Assert.Equal(7, count));

        static async ValueTask CountLater(int[] ran)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(1));
            ran[Shard.Current!.Id]++;
        }
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task The_caller_goes_on_where_it_was(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        Shard? home = Shard.Current;
        await host.Host.InvokeOnAllAsync(static () => { });
        Assert.Same(home, Shard.Current);
        await host.Host.InvokeOnAllAsync(static async () => await Task.Run(static () => { }));
        Assert.Same(home, Shard.Current);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => host.Host.InvokeOnAllAsync(static async () =>
        {
            await Task.Run(static () => { });
            throw new TimeZoneNotFoundException();
        }));
        Assert.Same(home, Shard.Current);
    });

    /// <remarks>If one waited for another's end they would wait for ever: each needs all others to have begun.</remarks>
    [Theory]
    [MemberData(nameof(Hosts))]
    public Task All_shards_run_at_the_same_time(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        using var barrier = new Barrier(shards);
        await host.Host.InvokeOnAllAsync(() => Assert.True(barrier.SignalAndWait(Eventually.Deadline), "not all came"));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task All_have_ended_even_if_one_fails(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        for (int failing = 0; failing < shards; failing++)
        {
            int[] ran = new int[shards];
            var exception = new TimeZoneNotFoundException();
            Assert.Same(exception, await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => host.Host.InvokeOnAllAsync(async () =>
            {
                if (Shard.Current!.Id == failing)
                {
                    throw exception;
                }

                await Shard.Delay(TimeSpan.FromMilliseconds(5));
                ran[Shard.Current!.Id]++;
            })));
            Assert.Equal(Enumerable.Range(0, shards).Select(shard => shard == failing ? 0 : 1), ran);
        }
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Of_several_failures_the_first_shards_is_thrown_and_the_task_has_all(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        Task all = host.Host.InvokeOnAllAsync(async () =>
        {
            // The last shard fails first.
            await Shard.Delay(TimeSpan.FromMilliseconds(2 * (shards - Shard.Current!.Id)));
            throw new TimeZoneNotFoundException($"of {Shard.Current!.Id}");
        });
        TimeZoneNotFoundException first = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => all);
        Assert.Equal("of 0", first.Message);
        Assert.Contains(nameof(Of_several_failures_the_first_shards_is_thrown_and_the_task_has_all), first.StackTrace, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, shards).Select(shard => $"of {shard}"), all.Exception!.InnerExceptions.Select(exception => exception.Message));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_token_that_has_fired_keeps_it_from_running(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        Task all = host.Host.InvokeOnAllAsync(() => throw new InvalidOperationException("it ran"), cancellation.Token);
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.True(all.IsCanceled);
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_token_that_fires_ends_the_wait(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        using var cancellation = new CancellationTokenSource();
        var goOn = new TaskCompletionSource();
        int waiting = 0;
        int ended = 0;
        Task all = host.Host.InvokeOnAllAsync(
            async () =>
            {
                if (Interlocked.Increment(ref waiting) == shards)
                {
                    cancellation.Cancel();
                }

                await goOn.Task;
                Interlocked.Increment(ref ended);
            },
            cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(0, ended);
        goOn.SetResult();
        await Eventually.Comes(() => Volatile.Read(ref ended) == shards, "the functions' ends");
    });

    [Fact]
    public async Task A_stopped_host_throws()
    {
        var host = TestHost.Many(2);
        await host.DisposeAsync();
        Task all = host.Host.InvokeOnAllAsync(() => { });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => all);
        Assert.Equal(2, all.Exception!.InnerExceptions.Count);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.Host.MapReduceAsync(static shard => shard.Id, Math.Max));
    }

    [Fact]
    public async Task A_stop_ends_it()
    {
        for (int round = 0; round < 30; round++)
        {
            var host = TestHost.Many(4);
            int begun = 0;
            Task all = host.Host.InvokeOnAllAsync(async () =>
            {
                Interlocked.Increment(ref begun);
                await new TaskCompletionSource().Task;
            });
            if (round % 2 == 0)
            {
                Eventually.Until(() => Volatile.Read(ref begun) == 4, "all have begun");
            }

            await host.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(all, "the call to all"));
        }
    }

    [Fact]
    public async Task Nothing_to_run_is_refused_at_once()
    {
        await using var host = TestHost.Many(2);
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Action)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Action<int>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Func<Task>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Func<int, Task>)null!, 1); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Func<ValueTask>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.InvokeOnAllAsync((Func<int, ValueTask>)null!, 1); });
    }

    [Fact]
    public async Task A_shard_of_another_host_may_call()
    {
        await using var host = TestHost.Many(2);
        await using var other = TestHost.Many(1, useContext: false);
        await other.Run(async () =>
        {
            int[] ran = new int[2];
            await host.Host.InvokeOnAllAsync(() => { ran[Shard.Current!.Id]++; });
            Assert.Same(other.Shard, Shard.Current);
            Assert.All(ran, count => Assert.Equal(1, count));
        });
    }

    private static async Task Run(int shards, bool useContext, bool fromShard, Func<TestHost, Task> body)
    {
        await using var host = TestHost.Many(shards, useContext);
        await (fromShard ? TestHost.On(host.Shards[^1], () => body(host)) : Eventually.Ends(Task.Run(() => body(host)), "the body"));
        Assert.Empty(host.Unhandled);
    }
}
