using Reactor.Scheduling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

public sealed class SynchronizationContextTests : ShardTests
{
    [Fact]
    public Task After_a_task_of_the_thread_pool_code_is_back_on_its_shard() => StaysOnShard(async () => await Task.Run(() => Assert.Null(Shard.Current)));

    [Fact]
    public Task After_a_delay_code_is_back_on_its_shard() => StaysOnShard(async () => await Task.Delay(1));

    [Fact]
    public Task After_a_yield_code_is_on_its_shard() => StaysOnShard(async () => await Task.Yield());

    [Fact]
    public Task After_a_task_completed_by_another_thread_code_is_back_on_its_shard() => StaysOnShard(async () =>
    {
        var source = new TaskCompletionSource();
        new Thread(source.SetResult).Start();
        await source.Task;
    });

    [Fact]
    public Task After_catching_the_fault_of_a_task_code_is_back_on_its_shard() => StaysOnShard(async () =>
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await Task.Run(() => throw new TimeZoneNotFoundException())));

    [Fact]
    public Task After_a_cancelled_task_code_is_back_on_its_shard() => StaysOnShard(async () =>
    {
        using var cancellation = new CancellationTokenSource(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Task.Delay(Timeout.Infinite, cancellation.Token));
    });

    [Fact]
    public Task Async_methods_below_come_home_as_well() => StaysOnShard(async () =>
    {
        await Outer();

        static async Task Outer()
        {
            Shard? shard = Shard.Current;
            await Inner();
            Assert.Same(shard, Shard.Current);
        }

        static async Task Inner() => await Task.Run(static () => { });
    });

    [Fact]
    public async Task ConfigureAwait_false_leaves_the_shard()
    {
        await Host.Run(async () =>
        {
            await Task.Delay(1).ConfigureAwait(false);
            Assert.Null(Shard.Current);
            Assert.Null(SynchronizationContext.Current);
        });
    }

    [Fact]
    public async Task Without_the_context_code_goes_on_where_the_foreign_task_ended()
    {
        await using var host = new TestHost(options => options.UseSynchronizationContext = false);
        await host.Run(async () =>
        {
            Assert.Same(host.Shard, Shard.Current);
            Assert.Null(SynchronizationContext.Current);
            await Task.Yield();
            Assert.Null(Shard.Current);
        });
    }

    [Fact]
    public async Task Send_from_another_thread_runs_on_the_shard_and_waits()
    {
        SynchronizationContext context = await Context();
        Shard? ranOn = null;
        OwnThread.Run(() => context.Send(_ => ranOn = Shard.Current, null));
        Assert.Same(Shard, ranOn);
    }

    [Fact]
    public async Task Send_on_the_shard_runs_inline()
    {
        await Host.Run(() =>
        {
            bool ran = false;
            SynchronizationContext.Current!.Send(_ => ran = true, null);
            return ran ? 0 : throw new InvalidOperationException("Send returned before it ran");
        });
    }

    [Fact]
    public async Task An_exception_of_Send_comes_back_to_the_sender_alone()
    {
        SynchronizationContext context = await Context();
        OwnThread.Run(() => Assert.Throws<TimeZoneNotFoundException>(() => context.Send(_ => throw new TimeZoneNotFoundException(), null)));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Host.Run<int>(() =>
        {
            context.Send(_ => throw new TimeZoneNotFoundException(), null);
            return 0;
        }));
        Assert.Empty(Host.Unhandled);
    }

    [Fact]
    public async Task Posts_run_in_order_with_their_state()
    {
        SynchronizationContext context = await Context();
        var seen = new List<int>();
        for (int i = 0; i < 1000; i++)
        {
            context.Post(state => seen.Add((int)state!), i);
        }

        Assert.Equal(Enumerable.Range(0, 1000), await Host.Run(() => seen.ToArray()));
    }

    [Fact]
    public async Task A_copy_is_the_same_context()
    {
        SynchronizationContext context = await Context();
        Assert.IsType<ShardSynchronizationContext>(context);
        Assert.Same(context, context.CreateCopy());
    }

    [Fact]
    public async Task A_task_scheduler_made_from_the_context_runs_on_the_shard()
    {
        TaskScheduler scheduler = await Host.Run(TaskScheduler.FromCurrentSynchronizationContext);
        Assert.Same(Shard, await Task.Factory.StartNew(() => Shard.Current, CancellationToken.None, TaskCreationOptions.None, scheduler));
    }

    /// <remarks>Both callbacks run in one turn, so that nothing else puts the context right between them.</remarks>
    [Fact]
    public async Task A_callback_that_leaves_another_context_behind_does_not_hand_it_to_the_next()
    {
        var seen = new TaskCompletionSource<SynchronizationContext?>();
        await Host.Run(() =>
        {
            Shard.Post(() => SynchronizationContext.SetSynchronizationContext(null));
            Shard.Post(() => seen.SetResult(SynchronizationContext.Current));
            return 0;
        });
        Assert.Same(await Context(), await Eventually.Ends(seen.Task, "the second callback"));
    }

    private Task<SynchronizationContext> Context() => Host.Run(() => SynchronizationContext.Current!);

    private Task StaysOnShard(Func<Task> step) => Host.Run(async () =>
    {
        int thread = Environment.CurrentManagedThreadId;
        for (int round = 0; round < 20; round++)
        {
            await step();
            Assert.Same(Shard, Shard.Current);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Assert.IsType<ShardSynchronizationContext>(SynchronizationContext.Current);
        }
    });
}
