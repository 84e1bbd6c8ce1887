using System.Threading.Channels;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>A channel out of the shards: room, order, and where a write goes on.</summary>
public sealed class ShardChannelTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_ends_at_once_while_there_is_room(bool useContext)
    {
        // At the end of a time slice it would not.
        await using var host = new TestHost(options => (options.UseSynchronizationContext, options.TaskQuota) = (useContext, Timeout.InfiniteTimeSpan));
        var channel = new ShardChannel<int>(3);
        Assert.Equal(3, channel.Capacity);
        await host.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                ValueTask write = channel.WriteAsync(i);
                Assert.True(write.IsCompletedSuccessfully);
                await write;
            }

            ValueTask waiting = channel.WriteAsync(3);
            Assert.False(waiting.IsCompleted);
            Assert.False(channel.TryWrite(-1));
            Assert.True(channel.Reader.TryRead(out int item));
            Assert.Equal(0, item);
            await waiting;
            Assert.Same(host.Shard, Shard.Current);
        });
        Assert.Equal(3, channel.Reader.Count);
        Assert.Equal([1, 2, 3], await ReadAll(channel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_waited_goes_on_on_its_shard_whoever_reads(bool useContext)
    {
        await using var host = TestHost.Many(2, useContext);
        var channel = new ShardChannel<int>(1);
        Task writer = host.Run(async () =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                await channel.WriteAsync(i);
                Assert.Same(host.Shard, Shard.Current);
            }
        });
        for (int i = 0; i < 1_000; i++)
        {
            int expected = i;
            int read = i % 2 == 0
                ? await Eventually.Ends(channel.Reader.ReadAsync().AsTask(), "a read")
                : await TestHost.On(host.Shards[1], async () => await channel.Reader.ReadAsync());
            Assert.Equal(expected, read);
        }

        await writer;
    }

    /// <remarks>Bursts, because a write that finds room just when the reader is about to let those in line move up must not overtake them.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Writes_that_do_not_wait_for_each_other_keep_their_order(bool useContext)
    {
        const int Bursts = 2_000;
        const int Burst = 60;
        await using var host = TestHost.Many(2, useContext);
        var channel = new ShardChannel<int>(4);
        int outOfOrder = 0;
        Task reader = Task.Factory.StartNew(
            () =>
            {
                var spin = new SpinWait();
                int next = 0;
                while (next < Bursts * Burst)
                {
                    if (channel.Reader.TryRead(out int item))
                    {
                        outOfOrder += item == next++ ? 0 : 1;
                    }
                    else
                    {
                        spin.SpinOnce(sleep1Threshold: -1);
                    }
                }
            },
            TaskCreationOptions.LongRunning);
        await host.Run(async () =>
        {
            for (int burst = 0; burst < Bursts; burst++)
            {
                Task[] writes = [.. Enumerable.Range(burst * Burst, Burst).Select(i => channel.WriteAsync(i).AsTask())];
                await Task.WhenAll(writes);
                Assert.Same(host.Shard, Shard.Current);
            }
        });
        await Eventually.Ends(reader, "the reader");
        Assert.Equal(0, outOfOrder);
    }

    /// <remarks>With a reader that is always quicker no write would ever wait.</remarks>
    [Fact]
    public async Task A_loop_of_writes_that_find_room_does_not_keep_the_shard_to_itself()
    {
        await using var host = TestHost.Many(2);
        var channel = new ShardChannel<int>(1_000_000);
        bool otherRan = false;
        await host.Run(async () =>
        {
            Shard.Current!.Post(() => Volatile.Write(ref otherRan, true));
            for (int i = 0; i < 900_000 && !Volatile.Read(ref otherRan); i++)
            {
                await channel.WriteAsync(i);
            }
        });
        Assert.True(otherRan);
        List<int> all = await ReadAll(channel);
        Assert.Equal(Enumerable.Range(0, all.Count), all);
    }

    [Fact]
    public async Task Any_thread_may_try_to_write_and_only_a_shard_may_wait()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(1);
        Assert.True(channel.TryWrite(1));
        Assert.False(channel.TryWrite(2));
        string message = (await Assert.ThrowsAsync<InvalidOperationException>(async () => await channel.WriteAsync(3))).Message;
        Assert.Contains("InvokeAsync", message, StringComparison.Ordinal);
        Assert.Equal([1], await ReadAll(channel));
    }

    [Fact]
    public void A_channel_has_room_for_something() => Assert.Throws<ArgumentOutOfRangeException>(() => new ShardChannel<int>(0));

    [Fact]
    public async Task The_reader_is_an_ordinary_one()
    {
        var channel = new ShardChannel<int>(2);
        ChannelReader<int> reader = channel.Reader;
        Assert.True(reader.CanCount && reader.CanPeek);
        Assert.False(reader.TryPeek(out _));
        Assert.False(reader.TryRead(out _));
        Task<bool> waiting = reader.WaitToReadAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.True(channel.TryWrite(7));
        Assert.True(await Eventually.Ends(waiting, "the wait"));
        Assert.True(reader.TryPeek(out int peeked));
        Assert.Equal((7, 1), (peeked, reader.Count));
        using var cancellation = new CancellationTokenSource();
        Assert.Equal(7, await reader.ReadAsync(cancellation.Token));
        Task<int> read = reader.ReadAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        channel.Complete();
        Assert.False(await reader.WaitToReadAsync(CancellationToken.None));
        await reader.Completion;
        await Assert.ThrowsAsync<ChannelClosedException>(async () => await reader.ReadAsync(CancellationToken.None));
    }

    /// <remarks>The shard writes; if the reader's code ran there because of that, a reader that blocks would block the shard.</remarks>
    [Fact]
    public async Task The_readers_code_does_not_run_on_the_writing_shard()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(1);
        Task<Shard?> reader = Task.Run(async () =>
        {
            await channel.Reader.ReadAsync().ConfigureAwait(false);
            return Shard.Current;
        });
        await host.Run(async () => await channel.WriteAsync(1));
        Assert.Null(await Eventually.Ends(reader, "the reader"));
    }

    [Fact]
    public async Task The_readers_end_after_the_last_item()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(4);
        await host.Run(async () =>
        {
            await channel.WriteAsync(1);
            await channel.WriteAsync(2);
            channel.Complete();
        });
        Assert.False(channel.Reader.Completion.IsCompleted);
        Assert.False(channel.TryWrite(3));
        Assert.Equal([1, 2], await ReadAll(channel, complete: false));
        await Eventually.Ends(channel.Reader.Completion, "the completion");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Completing_fails_the_writes_that_wait_and_those_that_come(bool useContext)
    {
        await using var host = TestHost.Many(4, useContext);
        var channel = new ShardChannel<int>(1);
        Assert.True(channel.TryWrite(-1));
        var error = new TimeZoneNotFoundException();
        int waiting = 0;
        Task writers = host.Host.InvokeOnAllAsync(async () =>
        {
            Shard home = Shard.Current!;
            ValueTask first = channel.WriteAsync(home.Id);
            ValueTask second = channel.WriteAsync(home.Id);
            Interlocked.Increment(ref waiting);
            ChannelClosedException closed = await Assert.ThrowsAsync<ChannelClosedException>(async () => await first);
            Assert.Same(error, closed.InnerException);
            Assert.Same(home, Shard.Current);
            await Assert.ThrowsAsync<ChannelClosedException>(async () => await second);
            Assert.Same(error, (await Assert.ThrowsAsync<ChannelClosedException>(async () => await channel.WriteAsync(0))).InnerException);
            Assert.Same(home, Shard.Current);
        });
        await Eventually.Comes(() => Volatile.Read(ref waiting) == 4, "all wait");
        Assert.True(channel.TryComplete(error));
        Assert.False(channel.TryComplete());
        Assert.Throws<ChannelClosedException>(() => channel.Complete());
        await Eventually.Ends(writers, "the writers");
        Assert.Equal(-1, await channel.Reader.ReadAsync());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await channel.Reader.WaitToReadAsync());
    }

    [Fact]
    public async Task Completing_is_a_shards_right_as_well()
    {
        await using var host = TestHost.Many(1);
        var channel = new ShardChannel<int>(1);
        await host.Run(async () =>
        {
            await channel.WriteAsync(1);
            ValueTask waiting = channel.WriteAsync(2);
            channel.Complete();
            await Assert.ThrowsAsync<ChannelClosedException>(async () => await waiting);
        });
        Assert.Equal([1], await ReadAll(channel, complete: false));
    }

    internal static async Task<List<T>> ReadAll<T>(ShardChannel<T> channel, bool complete = true)
    {
        if (complete)
        {
            channel.Complete();
        }

        return await Eventually.Ends(Read(), "the reader");

        async Task<List<T>> Read()
        {
            var all = new List<T>();
            await foreach (T item in channel.Reader.ReadAllAsync())
            {
                all.Add(item);
            }

            return all;
        }
    }
}
