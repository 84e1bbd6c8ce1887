#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Primitives;

public sealed class ShardSemaphoreTests(ITestOutputHelper output) : ShardTests
{
    [Fact]
    public Task Waiters_are_served_in_the_order_of_their_coming() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(0);
        var order = new List<int>();
        Task[] waiting = [.. Enumerable.Range(0, 5).Select(Wait)];
        semaphore.Signal(5);
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3, 4], order);

        async Task Wait(int i)
        {
            await semaphore.WaitAsync();
            order.Add(i);
        }
    });

    [Fact]
    public Task Newcomers_never_overtake_even_if_they_want_less() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(1);
        Task large = semaphore.WaitAsync(3).AsTask();
        Assert.False(semaphore.TryWait());
        Task small = semaphore.WaitAsync(1).AsTask();
        Assert.Equal(2, semaphore.Waiters);
        semaphore.Signal();
        await Task.Yield();
        Assert.False(large.IsCompleted || small.IsCompleted);
        semaphore.Signal();
        await large;
        await Task.Yield();
        Assert.False(small.IsCompleted);
        semaphore.Signal();
        await small;
        Assert.Equal(0, semaphore.Available);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_waiter_that_gives_up_at_the_head_lets_the_next_ones_go(bool byToken) => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(2);
        using var cancellation = new CancellationTokenSource();
        Task large = byToken ? semaphore.WaitAsync(3, cancellation.Token).AsTask() : semaphore.WaitAsync(3, TimeSpan.FromMilliseconds(1)).AsTask();
        Task small = semaphore.WaitAsync(2).AsTask();
        if (byToken)
        {
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        }
        else
        {
            await Assert.ThrowsAsync<TimeoutException>(() => large);
        }

        await Eventually.Ends(small, "the next one");
        Assert.Equal(0, semaphore.Available);
    });

    [Fact]
    public Task A_token_that_has_fired_takes_nothing() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await semaphore.WaitAsync(new CancellationToken(canceled: true)));
        Assert.Equal(1, semaphore.Available);
    });

    [Fact]
    public Task A_token_that_fires_after_the_units_are_there_changes_nothing() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(0);
        using var cancellation = new CancellationTokenSource();
        Task waiting = semaphore.WaitAsync(cancellation.Token).AsTask();
        semaphore.Signal();
        cancellation.Cancel();
        await waiting;
        Assert.Equal(0, semaphore.Available);
    });

    [Fact]
    public Task Breaking_fails_those_who_wait_and_those_who_come_later() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(0);
        Task waiting = semaphore.WaitAsync().AsTask();
        semaphore.Break(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => waiting);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await semaphore.WaitAsync());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await semaphore.EnterAsync());
        Assert.True(semaphore.IsBroken);
    });

    [Fact]
    public Task Units_release_themselves_once_however_often_they_are_copied_and_disposed() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(5);
        SemaphoreUnits units = await semaphore.EnterAsync(3);
        SemaphoreUnits copy = units;
        Assert.Equal(2, semaphore.Available);
        units.Dispose();
        copy.Dispose();
        units.Dispose();
        Assert.Equal(5, semaphore.Available);
    });

    [Fact]
    public Task Units_are_split_moved_adopted_and_released_early() => Host.Run(() =>
    {
        var semaphore = new ShardSemaphore(10);
        Assert.True(semaphore.TryEnter(6, out SemaphoreUnits all));
        SemaphoreUnits part = all.Split(2);
        Assert.Equal((4L, 2L), (all.Count, part.Count));
        SemaphoreUnits moved = all.Move();
        all.Dispose();
        Assert.Equal((4L, 4L), (moved.Count, semaphore.Available));
        moved.Adopt(part);
        part.Dispose();
        Assert.Equal((6L, 4L), (moved.Count, semaphore.Available));
        moved.Release(5);
        Assert.Equal((1L, 9L), (moved.Count, semaphore.Available));
        moved.Dispose();
        Assert.Equal(10, semaphore.Available);
        return 0;
    });

    [Fact]
    public Task Units_that_find_no_room_in_the_semaphore_stay_with_their_holder() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(5);
        SemaphoreUnits units = await semaphore.EnterAsync(5);
        semaphore.Signal(long.MaxValue - 2);
        Assert.Throws<OverflowException>(() => units.Release(3));
        Assert.Throws<OverflowException>(() => units.Dispose());
        Assert.Equal((5L, long.MaxValue - 2), (units.Count, semaphore.Available));
        Assert.True(semaphore.TryWait(long.MaxValue - 2));
        units.Dispose();
        Assert.Equal((0L, 5L), (units.Count, semaphore.Available));
    });

    [Fact]
    public Task Units_that_are_too_many_to_be_adopted_stay_where_they_are() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(long.MaxValue);
        SemaphoreUnits most = await semaphore.EnterAsync(long.MaxValue);
        semaphore.Signal(1);
        SemaphoreUnits one = await semaphore.EnterAsync();
        Assert.Throws<OverflowException>(() => most.Adopt(one));
        Assert.Equal((long.MaxValue, 1L), (most.Count, one.Count));
    });

    [Fact]
    public Task A_hundred_thousand_waiters_resume_through_the_run_queue() => Host.Run(async () =>
    {
        // Each lets the next one in: resumed inside Signal, the stack would grow with every one.
        const int Waiters = 100_000;
        var semaphore = new ShardSemaphore(0);
        int done = 0;
        Task[] waiting = [.. Enumerable.Range(0, Waiters).Select(_ => Chain())];
        semaphore.Signal();
        await Task.WhenAll(waiting);
        Assert.Equal(Waiters, done);

        async Task Chain()
        {
            await semaphore.WaitAsync();
            done++;
            semaphore.Signal();
        }
    });

    [Fact]
    public async Task Waiting_ends_with_an_exception_when_the_shard_stops()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource<Exception?>();
        await host.Run(() =>
        {
            _ = WaitAsync(new ShardSemaphore(0));
            return 0;
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the wait"));

        async Task WaitAsync(ShardSemaphore semaphore) => ended.SetResult(await Record.ExceptionAsync(async () => await semaphore.WaitAsync()));
    }

    [Fact]
    public async Task It_is_used_on_its_shard_only()
    {
        ShardSemaphore semaphore = await Host.Run(() => new ShardSemaphore(1));
        Assert.Throws<InvalidOperationException>(() => semaphore.TryWait());
        Assert.Throws<InvalidOperationException>(() => semaphore.Signal());
    }

    /// <summary>Against a list of who waits for how much, which is served from its head.</summary>
    [Fact]
    public Task It_agrees_with_a_model() => Host.Run(async () =>
    {
        Random random = Seed.Random(output);
        var semaphore = new ShardSemaphore(4);
        long available = 4;
        var line = new List<(long Units, Task Wait, CancellationTokenSource Source)>();
        var granted = new List<Task>();
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0:
                    long units = random.Next(0, 5);
                    var source = new CancellationTokenSource();
                    line.Add((units, semaphore.WaitAsync(units, source.Token).AsTask(), source));
                    break;
                case 1 when line.Count > 0:
                    int place = random.Next(line.Count);
                    line[place].Source.Cancel();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => line[place].Wait);
                    line.RemoveAt(place);
                    break;
                default:
                    long given = random.Next(0, 3);
                    semaphore.Signal(given);
                    available += given;
                    break;
            }

            while (line.Count > 0 && line[0].Units <= available)
            {
                available -= line[0].Units;
                granted.Add(line[0].Wait);
                line.RemoveAt(0);
            }

            Assert.Equal((available, line.Count), (semaphore.Available, semaphore.Waiters));
        }

        await Eventually.Ends(Task.WhenAll(granted), "all that the model has granted");
        Assert.All(line, each => Assert.False(each.Wait.IsCompleted));
        semaphore.Signal(line.Sum(each => each.Units));
        await Task.WhenAll(line.Select(each => each.Wait));
    });

    /// <remarks>Captured anew by each of them, the exception would grow by the stack of every one, and the time by their square.</remarks>
    [Fact]
    public Task An_exception_that_many_waiters_get_does_not_grow_with_them() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(0);
        Task[] waiting = [.. Enumerable.Range(0, 500).Select(_ => semaphore.WaitAsync().AsTask())];
        var reason = new TimeZoneNotFoundException();
        semaphore.Break(reason);
        foreach (Task each in waiting)
        {
            Assert.Same(reason, await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => each));
            Assert.Same(reason, await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await semaphore.WaitAsync()));
        }

        Assert.InRange(reason.StackTrace!.Length, 1, 10_000);
    });
}
