using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class StopTests
{
    [Fact]
    public async Task Stopping_twice_is_stopping_once()
    {
        var host = new TestHost();
        Task first = host.Host.StopAsync();
        Assert.Same(first, host.Host.StopAsync());
        await Eventually.Ends(first, "the stop");
        await host.Host.DisposeAsync();
    }

    [Fact]
    public async Task Stops_that_race_end_all()
    {
        var host = new TestHost();
        await Eventually.Ends(Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(host.Host.StopAsync))), "all stops");
    }

    [Fact]
    public async Task A_shard_may_stop_its_own_host()
    {
        var host = new TestHost();
        var stopped = new TaskCompletionSource<Shard?>();
        host.Shard.Post(async () =>
        {
            await host.Host.StopAsync();
            stopped.SetResult(Shard.Current);
        });
        Assert.Null(await Eventually.Ends(stopped.Task, "the stop that the shard asked for"));
    }

    [Fact]
    public async Task Work_that_was_queued_before_the_stop_runs()
    {
        var host = new TestHost();
        int ran = 0;
        for (int i = 0; i < 1000; i++)
        {
            host.Shard.Post(() => ran++);
        }

        await host.DisposeAsync();
        Assert.Equal(1000, ran);
    }

    [Fact]
    public async Task A_post_after_the_stop_throws_and_names_the_shard()
    {
        var host = new TestHost();
        await host.DisposeAsync();
        string message = Assert.Throws<ObjectDisposedException>(() => host.Shard.Post(() => { })).Message;
        Assert.Contains("shard 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invocation_after_the_stop_ends_in_an_exception_whatever_its_form()
    {
        var host = new TestHost();
        await host.DisposeAsync();
        Shard shard = host.Shard;
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await shard.InvokeAsync(() => { }));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await shard.InvokeAsync(() => 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await shard.InvokeAsync(() => Task.CompletedTask));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await shard.InvokeAsync(() => Task.FromResult(1)));
    }

    /// <remarks>Every post is either refused or run, never lost: what was accepted is counted on both sides.</remarks>
    [Fact]
    public async Task Posts_that_race_with_the_stop_run_or_throw()
    {
        for (int round = 0; round < 30; round++)
        {
            var host = new TestHost();
            int ran = 0;
            int accepted = 0;
            var producer = new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        host.Shard.Post(() => ran++);
                        accepted++;
                        Thread.SpinWait(100);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });
            producer.Start();
            Eventually.Until(() => Volatile.Read(ref accepted) > round, "some posts");
            await host.DisposeAsync();
            producer.Join();
            Assert.Equal(accepted, ran);
        }
    }

    [Fact]
    public async Task A_continuation_that_comes_home_after_the_stop_runs_on_the_thread_pool()
    {
        var host = new TestHost();
        var gate = new TaskCompletionSource();
        var late = new TaskCompletionSource<(Shard?, bool)>();
        await host.Run(() =>
        {
            _ = ContinueLate();
            return 0;
        });
        await host.DisposeAsync();
        Assert.False(late.Task.IsCompleted);
        new Thread(gate.SetResult).Start();
        Assert.Equal((null, true), await Eventually.Ends(late.Task, "the late continuation"));

        async Task ContinueLate()
        {
            await gate.Task;
            late.SetResult((Shard.Current, Thread.CurrentThread.IsThreadPoolThread));
        }
    }

    [Fact]
    public async Task A_call_whose_function_never_ends_is_given_up_by_the_stop()
    {
        var host = new TestHost();
        var never = new TaskCompletionSource();
        Task call = host.Shard.InvokeAsync(async () => await never.Task).AsTask();
        await host.Run(() => 0);
        await host.DisposeAsync();
        string message = (await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(call, "the call"))).Message;
        Assert.Contains("shard 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_shard_still_holds_is_aborted_on_it()
    {
        var host = new TestHost();
        Holding[] held = await host.Run(() => Enumerable.Range(0, 3).Select(_ => new Holding(host.Shard)).ToArray());
        await host.DisposeAsync();
        Assert.All(held, each => Assert.Equal([host.Shard], each.AbortedOn));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_was_let_go_is_not_aborted(int which)
    {
        var host = new TestHost();
        Holding[] held = await host.Run(() =>
        {
            Holding[] made = [.. Enumerable.Range(0, 3).Select(_ => new Holding(host.Shard))];
            host.Shard.Disown(made[which]);
            return made;
        });
        await host.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 3).Select(i => i == which ? 0 : 1), held.Select(each => each.AbortedOn.Count));
    }

    [Fact]
    public async Task An_abort_that_throws_is_reported_and_the_others_are_aborted_too()
    {
        var host = new TestHost();
        Holding[] held = await host.Run(() => Enumerable.Range(0, 3).Select(i => new Holding(host.Shard) { Throws = i == 1 }).ToArray());
        await host.DisposeAsync();
        Assert.All(held, each => Assert.Single(each.AbortedOn));
        Assert.IsType<TimeZoneNotFoundException>(Assert.Single(host.Unhandled));
    }

    [Fact]
    public async Task Nothing_is_made_on_a_shard_that_is_stopping()
    {
        var host = new TestHost();
        var made = new TaskCompletionSource<Exception?>();
        await host.Run(() => new Holding(host.Shard) { OnAbort = shard => shard.Post(() => made.SetResult(Record.Exception(() => new Holding(shard)))) });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(made.Task, "the attempt"));
    }

    [Fact]
    public async Task An_object_is_made_on_its_shard_only()
    {
        await using var host = new TestHost();
        string message = Assert.Throws<InvalidOperationException>(() => new Holding(host.Shard)).Message;
        Assert.Contains(host.Shard.ToString(), message, StringComparison.Ordinal);
        Assert.Contains("which is no shard", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_yields_for_ever_does_not_keep_the_shard_from_stopping()
    {
        var host = new TestHost();
        bool giveUp = false;
        host.Shard.Post(async () =>
        {
            while (!Volatile.Read(ref giveUp))
            {
                await Task.Yield();
            }
        });
        try
        {
            await Eventually.Ends(host.Host.StopAsync(), "the stop");
        }
        finally
        {
            Volatile.Write(ref giveUp, true);
        }
    }

    private sealed class Holding(Shard shard) : ShardObject(shard)
    {
        internal List<Shard?> AbortedOn { get; } = [];

        internal bool Throws { get; init; }

        internal Action<Shard>? OnAbort { get; init; }

        internal override void AbortAtStop()
        {
            AbortedOn.Add(Shard.Current);
            OnAbort?.Invoke(Shard);
            if (Throws)
            {
                throw new TimeZoneNotFoundException();
            }
        }
    }
}
