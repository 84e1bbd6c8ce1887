#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using System.Collections;
using Reactor.Tests.Support;

namespace Reactor.Tests.Primitives;

public sealed class ShardParallelTests : ShardTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public Task No_more_bodies_than_allowed_are_under_way(int allowed) => Host.Run(async () =>
    {
        int running = 0;
        int most = 0;
        int done = 0;
        await ShardParallel.ForEachAsync(Enumerable.Range(0, 50), allowed, async (_, _) =>
        {
            most = Math.Max(most, ++running);
            await Task.Yield();
            await Shard.Delay(TimeSpan.FromTicks(1), CancellationToken.None);
            running--;
            done++;
        });
        Assert.Equal(50, done);
        Assert.Equal(Math.Min(allowed, 50), most);
    });

    [Fact]
    public Task All_that_were_started_are_waited_for_although_one_fails_and_no_more_are_started() => Host.Run(async () =>
    {
        int started = 0;
        int ended = 0;
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await ShardParallel.ForEachAsync(Enumerable.Range(0, 100), 4, async (i, _) =>
        {
            started++;
            try
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(i == 1 ? 1 : 5), CancellationToken.None);
                if (i == 1)
                {
                    throw new TimeZoneNotFoundException();
                }
            }
            finally
            {
                await Task.Yield();
                ended++;
            }
        }));
        Assert.Equal(started, ended);
        Assert.InRange(started, 2, 8);
    });

    [Fact]
    public Task A_failure_cancels_the_token_of_the_others() => Host.Run(() => Assert.ThrowsAsync<TimeZoneNotFoundException>(async () =>
        await ShardParallel.ForEachAsync([1, 2], 2, async (i, token) =>
        {
            if (i == 2)
            {
                throw new TimeZoneNotFoundException();
            }

            await Shard.Delay(Timeout.InfiniteTimeSpan, token);
        })));

    [Fact]
    public Task The_callers_token_ends_the_loop() => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        int started = 0;
        Task loop = ShardParallel.ForEachAsync(Enumerable.Range(0, 100), 2, async (_, token) =>
        {
            started++;
            await Shard.Delay(Timeout.InfiniteTimeSpan, token);
        }, cancellation.Token).AsTask();
        while (started < 2)
        {
            await Shard.Yield();
        }

        cancellation.Cancel();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Equal(2, started);
    });

    [Fact]
    public Task A_source_that_throws_fails_the_loop_after_what_was_started() => Host.Run(async () =>
    {
        int ended = 0;
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await ShardParallel.ForEachAsync(Source(), 10, async (_, _) =>
        {
            await Task.Yield();
            ended++;
        }));
        Assert.Equal(3, ended);

        static IEnumerable<int> Source()
        {
            yield return 1;
            yield return 2;
            yield return 3;
            throw new TimeZoneNotFoundException();
        }
    });

    [Fact]
    public Task An_asynchronous_source_is_taken_as_it_comes() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(2);
        int sum = 0;
        Task loop = ShardParallel.ForEachAsync(queue.ReadAllAsync(), 2, (item, _) =>
        {
            sum += item;
            return default;
        }).AsTask();
        for (int i = 1; i <= 10; i++)
        {
            await queue.PushAsync(i);
        }

        queue.Complete();
        await loop;
        Assert.Equal(55, sum);
    });

    [Fact]
    public Task Bodies_that_end_at_once_do_not_keep_the_shard() => Host.Run(async () =>
    {
        bool stop = false;
        int others = 0;
        Shard.Post(Again);
        await ShardParallel.ForEachAsync(Enumerable.Range(0, 100_000), 1, static (_, _) => default);
        stop = true;
        Assert.True(others > 10, $"others ran {others} times");

        void Again()
        {
            if (!stop)
            {
                others++;
                Shard.Post(Again);
            }
        }
    });

    [Fact]
    public async Task Without_a_synchronization_context_bodies_still_start_and_the_loop_still_ends_on_the_shard()
    {
        await using TestHost host = TestHost.Many(1, useContext: false);
        await host.Run(async () =>
        {
            await ShardParallel.ForEachAsync(Enumerable.Range(0, 50), 3, async (_, _) =>
            {
                Assert.Same(host.Shard, Shard.Current);
                await Task.Run(static () => { }, CancellationToken.None);
            });
        });
        Assert.Empty(host.Unhandled);
    }

    [Fact]
    public Task WhenAll_waits_for_all_and_throws_the_first_failure_in_order() => Host.Run(async () =>
    {
        int ended = 0;
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await ShardParallel.WhenAll([Run(3, null), Run(2, new TimeZoneNotFoundException()), Run(1, new InvalidDataException())]));
        Assert.Equal(3, ended);
        int[] results = await ShardParallel.WhenAll([ValueTask.FromResult(1), Later(2)]);
        Assert.Equal([1, 2], results);

        async ValueTask Run(int milliseconds, Exception? failure)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(milliseconds));
            ended++;
            if (failure is not null)
            {
                throw failure;
            }
        }

        static async ValueTask<int> Later(int value)
        {
            await Task.Yield();
            return value;
        }
    });

    [Fact]
    public async Task A_loop_begins_on_a_shard()
    {
        Assert.Contains("be on a shard", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await ShardParallel.ForEachAsync([1], 1, static (_, _) => default))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await ShardParallel.ForEachAsync([1], 0, static (_, _) => default));
    }

    [Fact]
    public Task All_failures_are_told_the_first_in_time_being_the_one_thrown() => Host.Run(async () =>
    {
        Task loop = ShardParallel.ForEachAsync(Enumerable.Range(1, 3), 3, static async (i, _) =>
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(4 - i), CancellationToken.None);
            throw new InvalidDataException($"{i}");
        }).AsTask();
        InvalidDataException first = await Assert.ThrowsAsync<InvalidDataException>(() => loop);
        Assert.Equal("3", first.Message);
        Assert.Equal(["1", "2", "3"], loop.Exception!.InnerExceptions.Select(each => each.Message).Order());
    });

    [Fact]
    public Task A_failure_is_not_hidden_by_a_cancellation_that_came_before_it() => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAsync<InvalidDataException>(async () => await ShardParallel.ForEachAsync(
            [1, 2],
            2,
            async (i, token) =>
            {
                if (i == 1)
                {
                    await Shard.Delay(Timeout.InfiniteTimeSpan, token);
                }

                cancellation.Cancel();
                await Task.Yield();
                throw new InvalidDataException();
            },
            cancellation.Token));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_callback_of_the_token_that_throws_leaves_nothing_behind(bool sourceFails) => Host.Run(async () =>
    {
        int running = 0;
        Task loop = ShardParallel.ForEachAsync(Source(), 2, async (i, token) =>
        {
            if (i == 2)
            {
                throw new InvalidDataException();
            }

            running++;
            await using CancellationTokenRegistration registration = token.Register(static () => throw new TimeZoneNotFoundException());
            await Shard.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            running--;
        }).AsTask();
        await Assert.ThrowsAsync<InvalidDataException>(() => loop);
        Assert.Equal(0, running);
        Assert.Contains(loop.Exception!.Flatten().InnerExceptions, each => each is TimeZoneNotFoundException);

        IEnumerable<int> Source()
        {
            yield return 1;
            yield return sourceFails ? throw new InvalidDataException() : 2;
        }
    });

    [Fact]
    public Task A_cancelled_loop_takes_no_item_that_it_has_no_place_for() => Host.Run(async () =>
    {
        var queue = new ShardQueue<int>(10);
        for (int i = 0; i < 10; i++)
        {
            queue.TryPush(i);
        }

        using var cancellation = new CancellationTokenSource();
        int started = 0;
        Task loop = ShardParallel.ForEachAsync(
            queue.ReadAllAsync(),
            3,
            async (_, token) =>
            {
                started++;
                await Shard.Delay(Timeout.InfiniteTimeSpan, token);
            },
            cancellation.Token).AsTask();
        while (started < 3)
        {
            await Shard.Yield();
        }

        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(3, started);
        Assert.Equal(7, queue.Count);
    });

    [Fact]
    public Task An_item_that_comes_after_a_failure_starts_nothing() => Host.Run(async () =>
    {
        var late = new TaskCompletionSource();
        int started = 0;
        await Assert.ThrowsAsync<InvalidDataException>(async () => await ShardParallel.ForEachAsync(Source(), 2, async (_, _) =>
        {
            started++;
            await Task.Yield();
            late.SetResult();
            throw new InvalidDataException();
        }));
        Assert.Equal(1, started);

        async IAsyncEnumerable<int> Source()
        {
            yield return 1;
            await late.Task;
            await Task.Yield();
            yield return 2;
        }
    });

    [Fact]
    public Task What_the_source_holds_is_let_go_of_after_the_last_body() => Host.Run(async () =>
    {
        var source = new DisposableSource(2);
        int ended = 0;
        await ShardParallel.ForEachAsync(source, 3, async (_, _) =>
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            Assert.False(source.IsDisposed);
            ended++;
        });
        Assert.True(source.IsDisposed);
        Assert.Equal(2, ended);
    });

    [Fact]
    public async Task WhenAll_ends_on_the_shard_also_without_a_synchronization_context()
    {
        await using TestHost host = TestHost.Many(1, useContext: false);
        await host.Run(async () =>
        {
            await ShardParallel.WhenAll(Foreign(), Shard.Delay(TimeSpan.FromMilliseconds(5)), Foreign());
            Assert.Same(host.Shard, Shard.Current);
        });

        static async ValueTask Foreign() => await Task.Run(static () => { });
    }

    [Fact]
    public Task WhenAll_tells_all_failures_in_the_order_given() => Host.Run(async () =>
    {
        Task all = ShardParallel.WhenAll(Fail("a", 2), Fail("b", 1), ValueTask.FromCanceled(new CancellationToken(true))).AsTask();
        Assert.Equal("a", (await Assert.ThrowsAsync<InvalidDataException>(() => all)).Message);
        Assert.Equal(["a", "b"], all.Exception!.InnerExceptions.Select(each => each.Message));

        static async ValueTask Fail(string message, int milliseconds)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(milliseconds));
            throw new InvalidDataException(message);
        }
    });

    [Fact]
    public Task WhenAll_is_cancelled_when_none_failed_and_one_was() => Host.Run(async () =>
    {
        Task all = ShardParallel.WhenAll(ValueTask.FromResult(1), ValueTask.FromCanceled<int>(new CancellationToken(true))).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.True(all.IsCanceled);
    });

    [Fact]
    public async Task A_loop_ends_with_an_exception_when_the_shard_stops()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource<Exception?>();
        await host.Run(() =>
        {
            _ = Tell();
            return 0;
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the loop"));

        async Task Tell() => ended.SetResult(await Record.ExceptionAsync(async () =>
            await ShardParallel.ForEachAsync([1, 2, 3], 1, static async (_, _) => await new TaskCompletionSource().Task)));
    }

    private sealed class DisposableSource(int items) : IEnumerable<int>, IEnumerator<int>
    {
        internal bool IsDisposed { get; private set; }

        public int Current { get; private set; }

        object IEnumerator.Current => Current;

        public IEnumerator<int> GetEnumerator() => this;

        IEnumerator IEnumerable.GetEnumerator() => this;

        public bool MoveNext() => Current++ < items;

        public void Reset() => throw new NotSupportedException();

        public void Dispose() => IsDisposed = true;
    }
}
