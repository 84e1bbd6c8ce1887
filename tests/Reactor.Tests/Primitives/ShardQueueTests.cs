#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using System.Threading.Channels;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Primitives;

public sealed class ShardQueueTests(ITestOutputHelper output) : ShardTests
{
    [Fact]
    public Task Items_come_out_in_the_order_of_their_pushes_also_of_those_that_waited() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(2);
        Task[] pushes = [.. Enumerable.Range(0, 5).Select(i => queue.PushAsync(i).AsTask())];
        Assert.Equal([true, true, false, false, false], pushes.Select(push => push.IsCompleted));
        Assert.False(queue.TryPush(99));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i, await queue.PopAsync());
        }

        await Task.WhenAll(pushes);
        Assert.False(queue.TryPop(out _));
    });

    [Fact]
    public Task Poppers_get_items_in_the_order_of_their_coming() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(4);
        Task<int>[] pops = [.. Enumerable.Range(0, 3).Select(_ => queue.PopAsync().AsTask())];
        for (int i = 0; i < 3; i++)
        {
            Assert.True(queue.TryPush(i));
        }

        int[] popped = await Task.WhenAll(pops);
        Assert.Equal([0, 1, 2], popped);
        Assert.Equal(0, queue.Count);
    });

    [Fact]
    public Task The_item_of_a_push_that_was_given_up_is_not_delivered() => Host.Run(async () =>
    {
        var queue = new ShardQueue<string>(1);
        queue.TryPush("first");
        using var cancellation = new CancellationTokenSource();
        Task cancelled = queue.PushAsync("cancelled", cancellation.Token).AsTask();
        Task late = queue.PushAsync("late", TimeSpan.FromMilliseconds(1)).AsTask();
        Task last = queue.PushAsync("last").AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        Assert.Equal("first", await queue.PopAsync());
        Assert.Equal("last", await queue.PopAsync());
        await last;
    });

    [Fact]
    public Task A_pop_that_was_given_up_takes_nothing() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(1);
        await Assert.ThrowsAsync<TimeoutException>(async () => await queue.PopAsync(TimeSpan.FromMilliseconds(1)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await queue.PopAsync(new CancellationToken(canceled: true)));
        Assert.True(queue.TryPush(7));
        Assert.Equal(7, await queue.PopAsync());
    });

    [Fact]
    public Task What_is_in_a_completed_queue_is_popped_and_then_comes_the_end() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(2);
        queue.TryPush(1);
        queue.TryPush(2);
        Task waitingPush = queue.PushAsync(3).AsTask();
        queue.Complete();
        await Assert.ThrowsAsync<ChannelClosedException>(() => waitingPush);
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await queue.PushAsync(4));
        Assert.False(queue.TryPush(4));
        var items = new List<int>();
        await foreach (int item in queue.ReadAllAsync())
        {
            items.Add(item);
        }

        Assert.Equal([1, 2], items);
        Assert.False(await queue.WaitToPopAsync());
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await queue.PopAsync());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_error_at_the_end_is_what_poppers_get(bool waitsAlready) => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(1);
        Task? pop = waitsAlready ? queue.PopAsync().AsTask() : null;
        Task? look = waitsAlready ? queue.WaitToPopAsync().AsTask() : null;
        queue.Complete(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => pop ?? queue.PopAsync().AsTask());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => look ?? queue.WaitToPopAsync().AsTask());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await queue.PushAsync(1));
    });

    [Fact]
    public Task Aborting_drops_the_items_and_ends_both_sides() => Host.Run(async () =>
    {
        var full = new ShardQueue<int>(1);
        full.TryPush(1);
        Task push = full.PushAsync(2).AsTask();
        full.Abort(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => push);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await full.PopAsync());

        var empty = new ShardQueue<int>(1);
        Task pop = empty.PopAsync().AsTask();
        empty.Abort(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => pop);

        var completed = new ShardQueue<int>(1);
        completed.TryPush(1);
        completed.Complete();
        completed.Abort(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await completed.PopAsync());
    });

    [Fact]
    public async Task Both_sides_end_with_an_exception_when_the_shard_stops()
    {
        var host = new TestHost();
        var push = new TaskCompletionSource<Exception?>();
        var pop = new TaskCompletionSource<Exception?>();
        await host.Run(() =>
        {
            var full = new ShardQueue<int>(1);
            full.TryPush(1);
            _ = Tell(push, async () => await full.PushAsync(2));
            _ = Tell(pop, async () => await new ShardQueue<int>(1).PopAsync());
            return 0;
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(push.Task, "the push"));
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(pop.Task, "the pop"));

        static async Task Tell(TaskCompletionSource<Exception?> ended, Func<Task> wait) => ended.SetResult(await Record.ExceptionAsync(wait));
    }

    [Fact]
    public async Task It_is_used_on_its_shard_only()
    {
        ShardQueue<int> queue = await Host.Run(() => new ShardQueue<int>(1));
        Assert.Throws<InvalidOperationException>(() => queue.TryPush(1));
        Assert.Throws<InvalidOperationException>(() => queue.TryPop(out _));
        Assert.Throws<InvalidOperationException>(() => queue.Complete());
    }

    [Fact]
    public Task Many_producers_and_consumers_lose_nothing() => Host.Run(async () =>
    {
        const int Producers = 7;
        const int Items = 2_000;
        Random random = Seed.Random(output);
        var queue = new ShardQueue<(int Producer, int Number)>(3);
        int[] next = new int[Producers];
        Task[] consumers = [.. Enumerable.Range(0, 3).Select(i => i == 0 ? ReadAll() : PopAll())];
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(Produce));
        queue.Complete();
        await Task.WhenAll(consumers);
        Assert.All(next, count => Assert.Equal(Items, count));

        async Task Produce(int producer)
        {
            for (int i = 0; i < Items; i++)
            {
                if (random.Next(3) > 0 || !queue.TryPush((producer, i)))
                {
                    await queue.PushAsync((producer, i));
                }

                if (random.Next(10) == 0)
                {
                    await Task.Yield();
                }
            }
        }

        async Task PopAll()
        {
            try
            {
                while (true)
                {
                    Check(await queue.PopAsync());
                }
            }
            catch (ChannelClosedException)
            {
            }
        }

        async Task ReadAll()
        {
            await foreach ((int, int) item in queue.ReadAllAsync())
            {
                Check(item);
            }
        }

        // A consumer that is resumed later than another may have the earlier item: what counts is that none is lost or doubled.
        void Check((int Producer, int Number) item) => next[item.Producer]++;
    });

    [Fact]
    public Task Waiting_for_there_being_items_ends_by_time_and_names_the_queue() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(3);
        TimeoutException exception = await Assert.ThrowsAsync<TimeoutException>(async () => await queue.WaitToPopAsync(TimeSpan.FromMilliseconds(1.5)));
        Assert.Contains($"queue of {Shard}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("1.5 ms", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await queue.WaitToPopAsync(TimeSpan.FromSeconds(-1)));
    });

    [Fact]
    public Task A_loop_over_many_items_lets_others_have_a_turn() => Host.Run(async () =>
    {
        const int Items = 200_000;
        var queue = new ShardQueue<int>(Items);
        for (int i = 0; i < Items; i++)
        {
            queue.TryPush(i);
        }

        queue.Complete();
        int seen = 0;
        int seenByOthers = Items;
        Shard.Post(() => seenByOthers = seen);
        await foreach (int item in queue.ReadAllAsync())
        {
            Assert.Equal(seen++, item);
        }

        Assert.Equal(Items, seen);
        Assert.InRange(seenByOthers, 0, Items / 2);
    });

    [Fact]
    public Task A_loop_that_waits_ends_with_the_queue() => Host.Run(async () =>
    {
        var completed = new ShardQueue<int>(1);
        Task<int> loop = Count(completed, default);
        completed.Complete();
        Assert.Equal(0, await loop);

        var failed = new ShardQueue<int>(1);
        loop = Count(failed, default);
        failed.Complete(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => loop);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Count(failed, default));

        var aborted = new ShardQueue<int>(1);
        loop = Count(aborted, default);
        aborted.Abort(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => loop);
    });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public Task A_loop_ends_by_either_of_its_tokens_and_takes_nothing_then(bool withOwn, bool withLinked) => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(1);
        using var own = new CancellationTokenSource();
        using var linked = new CancellationTokenSource();
        Task loop = Loop();
        await queue.PushAsync(1);
        await Task.Yield();
        (withLinked ? linked : own).Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        await queue.PushAsync(2);
        Assert.Equal(1, queue.Count);

        async Task Loop()
        {
            await foreach (int item in queue.ReadAllAsync(withOwn ? own.Token : default).WithCancellation(withLinked ? linked.Token : default))
            {
                Assert.Equal(1, item);
            }
        }
    });

    [Fact]
    public Task Loops_share_the_items_in_the_order_of_their_waiting() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(1);
        var taken = new List<(int Loop, int Item)>();
        Task[] loops = [Loop(0), Loop(1), Loop(2)];
        for (int i = 0; i < 9; i++)
        {
            await queue.PushAsync(i);
            await Task.Yield();
            await Task.Yield();
        }

        queue.Complete();
        await Task.WhenAll(loops);
        Assert.Equal(Enumerable.Range(0, 9).Select(i => (i % 3, i)), taken);

        async Task Loop(int loop)
        {
            await foreach (int item in queue.ReadAllAsync())
            {
                taken.Add((loop, item));
            }
        }
    });

    /// <summary>Against lists of who waits and what is there, on which everything is done the plain way.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public Task It_agrees_with_a_model(int capacity) => Host.Run(async () =>
    {
        Random random = Seed.Random(output);
        for (int round = 0; round < 200; round++)
        {
            var model = new QueueModel(new ShardQueue<int>(capacity));
            for (int step = 0; step < 100; step++)
            {
                model.Step(random);
                await model.Check();
            }

            model.End(random);
            await model.Check();
            Assert.Equal(0, model.Waiting);
        }
    });

    private static async Task<int> Count(ShardQueue<int> queue, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (int _ in queue.ReadAllAsync(cancellationToken))
        {
            count++;
        }

        return count;
    }
}
