using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Shards;

/// <summary>Writes that end before there is room: an item is delivered if and only if its write succeeds.</summary>
public sealed class ShardChannelCancellationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_whose_token_fires_is_not_delivered_and_the_next_moves_up(bool useContext)
    {
        await using var host = TestHost.Many(2, useContext);
        var channel = new ShardChannel<string>(1);
        await host.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            await channel.WriteAsync("first");
            ValueTask cancelled = channel.WriteAsync("cancelled", cancellation.Token);
            ValueTask alsoCancelled = channel.WriteAsync("cancelled", cancellation.Token);
            ValueTask last = channel.WriteAsync("last", CancellationToken.None);
            OwnThread.Run(cancellation.Cancel);
            OperationCanceledException exception = await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);
            Assert.Equal(cancellation.Token, exception.CancellationToken);
            Assert.Same(host.Shard, Shard.Current);
            await Assert.ThrowsAsync<OperationCanceledException>(async () => await alsoCancelled);
            Assert.False(last.IsCompleted);
            Assert.True(channel.Reader.TryRead(out _));
            await last;
        });
        Assert.Equal(["last"], await ShardChannelTests.ReadAll(channel));
    }

    [Fact]
    public async Task A_token_that_has_fired_before_the_write_keeps_it_from_being_delivered()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(10);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await host.Run(async () => await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await channel.WriteAsync(1, cancellation.Token)));
        Assert.Empty(await ShardChannelTests.ReadAll(channel));
    }

    [Fact]
    public async Task A_token_that_fires_when_the_item_has_been_delivered_does_nothing()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(1);
        await host.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            await channel.WriteAsync(1, cancellation.Token);
            ValueTask second = channel.WriteAsync(2, cancellation.Token);

            // Delivered, though the shard does not know yet.
            Assert.True(channel.Reader.TryRead(out _));
            cancellation.Cancel();
            Assert.False(second.IsCompleted);
            await second;
        });
        Assert.Equal([2], await ShardChannelTests.ReadAll(channel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stopping_shard_ends_its_writes_and_they_are_not_delivered(bool useContext)
    {
        var host = TestHost.Many(2, useContext);
        await using var other = TestHost.Many(1, useContext);
        var channel = new ShardChannel<string>(1);
        Assert.True(channel.TryWrite("first"));
        var ended = new TaskCompletionSource<(Exception?, Shard?)>();
        host.Shard.Post(async () =>
        {
            Exception? exception = await Record.ExceptionAsync(async () => await channel.WriteAsync("of the shard that stops"));
            ended.SetResult((exception, Shard.Current));
        });
        await host.Host.InvokeOnAllAsync(() => { });
        Task stays = other.Run(async () => await channel.WriteAsync("of the other"));
        await other.Host.InvokeOnAllAsync(() => { });
        await host.DisposeAsync();
        (Exception? exception, Shard? shard) = await Eventually.Ends(ended.Task, "the write");
        Assert.Contains("shard 0", Assert.IsType<ObjectDisposedException>(exception).Message, StringComparison.Ordinal);
        Assert.Same(host.Shard, shard);
        Assert.True(channel.Reader.TryRead(out string? first));
        Assert.Equal("first", first);
        await stays;
        Assert.Equal(["of the other"], await ShardChannelTests.ReadAll(channel));
    }

    [Fact]
    public async Task A_loop_of_writes_ends_with_the_shard_even_if_there_is_always_room()
    {
        var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(4);
        var ended = new TaskCompletionSource<Exception?>();
        int written = 0;
        host.Shard.Post(async () => ended.SetResult(await Record.ExceptionAsync(async () =>
        {
            while (true)
            {
                await channel.WriteAsync(written);
                written++;
            }
        })));
        Task<List<int>> reader = ShardChannelTests.ReadAll(channel, complete: false);
        await Eventually.Comes(() => Volatile.Read(ref written) > 1_000, "some writes");
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the loop"));
        channel.Complete();
        Assert.Equal(Enumerable.Range(0, written), await reader);
    }

    /// <remarks>
    /// Writers on the shards of two hosts, one of which stops meanwhile; tokens that fire at any time; a reader that pauses.
    /// The reader sees exactly the items whose writes have succeeded, those of each shard in order.
    /// </remarks>
    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(5, true)]
    [InlineData(5, false)]
    public async Task Exactly_the_items_whose_writes_succeed_are_delivered_in_order(int capacity, bool useContext)
    {
        const int Writes = 4_000;
        Random seeds = Seed.Random(output);
        int seed = seeds.Next();
        var stopping = TestHost.Many(2, useContext);
        await using var host = TestHost.Many(4, useContext);
        Shard[] shards = [.. host.Shards, .. stopping.Shards];
        var channel = new ShardChannel<(int Writer, int Number)>(capacity);
        List<int>[] written = [.. shards.Select(_ => new List<int>())];
        int cancelled = 0;
        int stopped = 0;
        Task<List<(int Writer, int Number)>> reader = Task.Run(Read);
        var writers = new List<Task>();
        for (int i = 0; i < shards.Length; i++)
        {
            int writer = i;
            var done = new TaskCompletionSource();
            shards[i].Post(async () =>
            {
                try
                {
                    await Write(writer);
                    done.SetResult();
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            });
            writers.Add(done.Task);
        }

        await Eventually.Comes(() => Volatile.Read(ref cancelled) > 100, "some cancellations");
        await stopping.DisposeAsync();
        await Eventually.Ends(Task.WhenAll(writers), "the writers");
        channel.Complete();
        List<(int Writer, int Number)> all = await Eventually.Ends(reader, "the reader");
        output.WriteLine($"{all.Count} delivered, {cancelled} cancelled, {stopped} stopped");
        for (int i = 0; i < shards.Length; i++)
        {
            Assert.Equal(written[i], all.Where(item => item.Writer == i).Select(item => item.Number));
        }

        Assert.Empty(host.Unhandled);
        Assert.Empty(stopping.Unhandled);

        async Task Write(int writer)
        {
            var random = new Random(seed + writer);
            Shard home = Shard.Current!;
            for (int number = 0; number < Writes; number++)
            {
                using var cancellation = new CancellationTokenSource();
                try
                {
                    ValueTask write = channel.WriteAsync((writer, number), cancellation.Token);
                    switch (random.Next(6))
                    {
                        case 0:
                            ThreadPool.UnsafeQueueUserWorkItem(static source => Fire(source), cancellation, preferLocal: false);
                            break;
                        case 1:
                            cancellation.Cancel();
                            break;
                    }

                    await write;
                    written[writer].Add(number);
                    Assert.Same(home, Shard.Current);
                }
                catch (OperationCanceledException exception)
                {
                    Assert.Equal(cancellation.Token, exception.CancellationToken);
                    Assert.Same(home, Shard.Current);
                    Interlocked.Increment(ref cancelled);
                }
                catch (ObjectDisposedException)
                {
                    Interlocked.Increment(ref stopped);
                    return;
                }
            }
        }

        async Task<List<(int Writer, int Number)>> Read()
        {
            var random = new Random(seed - 1);
            var all = new List<(int Writer, int Number)>();
            await foreach ((int Writer, int Number) item in channel.Reader.ReadAllAsync())
            {
                all.Add(item);
                Thread.SpinWait(random.Next(300));
                if (random.Next(50) == 0)
                {
                    await Task.Yield();
                }
            }

            return all;
        }

        static void Fire(CancellationTokenSource source)
        {
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The write was over before.
            }
        }
    }

    /// <remarks>Many readers make room at once, and many writers take it: nobody may be left in line while there is room.</remarks>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task Many_readers_and_many_writers_leave_nobody_waiting(int capacity)
    {
        const int Writes = 10_000;
        const int Readers = 4;
        await using var host = TestHost.Many(4, useContext: false);
        var channel = new ShardChannel<int>(capacity);
        int[] seen = new int[4 * Writes];
        Task[] readers =
        [
            .. Enumerable.Range(0, Readers).Select(_ => Task.Run(async () =>
            {
                await foreach (int item in channel.Reader.ReadAllAsync())
                {
                    Interlocked.Increment(ref seen[item]);
                }
            })),
        ];
        await Eventually.Ends(
            host.Host.InvokeOnAllAsync(async () =>
            {
                int first = Shard.Current!.Id * Writes;
                for (int i = 0; i < Writes; i++)
                {
                    await channel.WriteAsync(first + i);
                }
            }),
            "all writes");
        channel.Complete();
        await Eventually.Ends(Task.WhenAll(readers), "all readers");
        Assert.All(seen, count => Assert.Equal(1, count));
    }
}
