#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Shards;

public sealed class CancellationTests(ITestOutputHelper output) : ShardTests
{
    [Fact]
    public Task A_token_that_has_fired_before_the_start_ends_the_await() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        Assert.True(future.IsCanceled);
        await IsCancelled(future, cancellation.Token);
        await IsUsable(operation);
    });

    [Fact]
    public Task A_token_fired_on_the_shard_ends_the_await() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        cancellation.Cancel();
        Assert.True(future.IsCanceled);
        await IsCancelled(future, cancellation.Token);
        await IsUsable(operation);
    });

    [Fact]
    public Task A_token_fired_on_another_thread_ends_the_await_on_the_shard() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        new Thread(cancellation.Cancel).Start();
        await IsCancelled(future, cancellation.Token);
        Assert.True(Shard.IsOnShard);
        await IsUsable(operation);
    });

    [Fact]
    public Task A_token_that_fires_by_its_own_timer_ends_the_await() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));
        await IsCancelled(operation.WaitAsync(cancellation.Token), cancellation.Token);
        await IsUsable(operation);
    });

    [Fact]
    public Task One_token_may_be_watched_by_many_awaits_one_after_the_other() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        for (int i = 0; i < 100; i++)
        {
            operation.Signal();
            Assert.Equal(1UL, await operation.WaitAsync(cancellation.Token));
        }

        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        cancellation.Cancel();
        await IsCancelled(future, cancellation.Token);
    });

    [Fact]
    public Task One_token_ends_all_operations_that_watch_it() => WithOperation(async first =>
    {
        var second = new EventOperation();
        using var cancellation = new CancellationTokenSource();
        ValueTask<ulong> firstFuture = first.WaitAsync(cancellation.Token);
        ValueTask<ulong> secondFuture = second.WaitAsync(cancellation.Token);
        new Thread(cancellation.Cancel).Start();
        await IsCancelled(firstFuture, cancellation.Token);
        await IsCancelled(secondFuture, cancellation.Token);
        second.Close();
    });

    [Fact]
    public Task A_token_fired_after_the_end_of_the_await_does_nothing() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync(cancellation.Token));
        ValueTask<ulong> next = operation.WaitAsync();
        cancellation.Cancel();
        Assert.False(next.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await next);
    });

    /// <remarks>The token fires elsewhere while the shard is busy; the operation is ended, and used again, before the shard sees it.</remarks>
    [Fact]
    public Task A_cancellation_under_way_does_not_end_the_next_await() => WithOperation(async operation =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        OwnThread.Run(cancellation.Cancel);
        operation.Abort(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await future);
        ValueTask<ulong> next = operation.WaitAsync();
        await Task.Yield();
        await Task.Yield();
        Assert.False(next.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await next);
    });

    [Fact]
    public Task A_source_disposed_during_the_await_leaves_it_pending() => WithOperation(async operation =>
    {
        var cancellation = new CancellationTokenSource();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        cancellation.Dispose();
        await Task.Yield();
        Assert.False(future.IsCompleted);
        operation.Signal();
        Assert.Equal(1UL, await future);
        await IsUsable(operation);
    });

    [Fact]
    public async Task A_cancellation_after_the_shard_has_stopped_is_harmless()
    {
        using var cancellation = new CancellationTokenSource();
        var host = new TestHost();
        await host.Run(() =>
        {
            _ = new EventOperation().WaitAsync(cancellation.Token);
            return 0;
        });
        await host.DisposeAsync();
        OwnThread.Run(cancellation.Cancel);
    }

    /// <remarks>
    /// One thread cancels and another signals, both at random moments. Every await ends once: with the signal, or
    /// cancelled by its own token and no other; and then the next await, which watches none, gets the signal.
    /// </remarks>
    [Fact]
    public async Task Cancellations_that_race_with_completions_end_each_await_once_and_never_the_next()
    {
        const int Rounds = 4000;
        Random random = Seed.Random(output);
        int seed = random.Next();
        int cancelled = 0;
        CancellationTokenSource? current = null;
        EventOperation? toSignal = null;
        bool stop = false;
        var canceller = new Thread(() =>
        {
            var gaps = new Random(seed);
            while (!Volatile.Read(ref stop))
            {
                if (Interlocked.Exchange(ref current, null) is { } source)
                {
                    Thread.SpinWait(gaps.Next(150));
                    source.Cancel();
                }
                else
                {
                    Thread.Yield();
                }
            }
        });
        var signaller = new Thread(() =>
        {
            var gaps = new Random(seed + 1);
            while (!Volatile.Read(ref stop))
            {
                if (Interlocked.Exchange(ref toSignal, null) is { } operation)
                {
                    Thread.SpinWait(gaps.Next(150));
                    operation.Signal();
                }
                else
                {
                    Thread.Yield();
                }
            }
        });
        canceller.Start();
        signaller.Start();
        try
        {
            await WithOperation(async operation =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    var source = new CancellationTokenSource();
                    ValueTask<ulong> future = operation.WaitAsync(source.Token);
                    Volatile.Write(ref current, source);
                    Volatile.Write(ref toSignal, operation);
                    if (round % 3 == 0)
                    {
                        await Task.Yield();
                    }

                    try
                    {
                        Assert.Equal(1UL, await future);
                    }
                    catch (OperationCanceledException exception)
                    {
                        Assert.Equal(source.Token, exception.CancellationToken);
                        cancelled++;
                        Assert.Equal(1UL, await operation.WaitAsync());
                    }

                    while (Volatile.Read(ref current) is not null || Volatile.Read(ref toSignal) is not null)
                    {
                        await Task.Yield();
                    }
                }
            });
        }
        finally
        {
            Volatile.Write(ref stop, true);
            canceller.Join();
            signaller.Join();
        }

        output.WriteLine($"{cancelled} of {Rounds} were cancelled");
        Assert.InRange(cancelled, 1, Rounds - 1);
    }

    private static async Task IsCancelled(ValueTask<ulong> future, CancellationToken token)
    {
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await future);
        Assert.Equal(token, exception.CancellationToken);
    }

    private static async Task IsUsable(EventOperation operation)
    {
        operation.Signal();
        Assert.Equal(1UL, await operation.WaitAsync());
    }

    private Task WithOperation(Func<EventOperation, Task> body) => Host.Run(async () =>
    {
        var operation = new EventOperation();
        await body(operation);
        Assert.False(operation.IsBusy);
        operation.Close();
    });
}
