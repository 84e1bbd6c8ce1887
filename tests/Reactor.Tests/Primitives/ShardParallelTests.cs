#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
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
        await Task.Yield();
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
}
