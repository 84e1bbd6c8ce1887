using System.Threading.Channels;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>Ordinary channels, used by shards: their awaits come home through the synchronization context.</summary>
public sealed class ChannelTests
{
    private const int Items = 2_000;

    public static TheoryData<bool, bool, bool> Channels
    {
        get
        {
            var channels = new TheoryData<bool, bool, bool>();
            for (int i = 0; i < 8; i++)
            {
                // Bounded, single reader, synchronous continuations.
                channels.Add((i & 1) != 0, (i & 2) != 0, (i & 4) != 0);
            }

            return channels;
        }
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task A_reader_on_a_shard_goes_on_there_whoever_writes(bool bounded, bool singleReader, bool synchronous)
    {
        await using var host = TestHost.Many(4);
        Channel<int>[] channels = [.. host.Shards.Select(_ => Make(bounded, singleReader, synchronous))];
        Task readers = host.Host.InvokeOnAllAsync(async () =>
        {
            Shard home = Shard.Current!;
            ChannelReader<int> reader = channels[home.Id].Reader;
            for (int i = 0; i < Items / 2; i++)
            {
                Assert.Equal(i, await reader.ReadAsync());
                Assert.Same(home, Shard.Current);
            }

            int next = Items / 2;
            while (await reader.WaitToReadAsync())
            {
                Assert.Same(home, Shard.Current);
                while (reader.TryRead(out int item))
                {
                    Assert.Equal(next++, item);
                }
            }

            Assert.Same(home, Shard.Current);
            Assert.Equal(Items, next);
            await reader.Completion;
            Assert.Same(home, Shard.Current);
        });
        Task writers = Task.WhenAll(channels.Select((channel, index) => Task.Run(async () =>
        {
            var random = new Random(index);
            for (int i = 0; i < Items; i++)
            {
                await channel.Writer.WriteAsync(i);
                Thread.SpinWait(random.Next(100));
            }

            channel.Writer.Complete();
        })));
        await Eventually.Ends(Task.WhenAll(readers, writers), "all items");
        Assert.Empty(host.Unhandled);
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task Reading_all_on_a_shard_stays_there_to_the_end_and_to_the_error(bool bounded, bool singleReader, bool synchronous)
    {
        await using var host = TestHost.Many(2);
        foreach (Exception? error in new[] { null, new TimeZoneNotFoundException() })
        {
            Channel<int> channel = Make(bounded, singleReader, synchronous);
            Task reader = host.Run(async () =>
            {
                int next = 0;
                try
                {
                    await foreach (int item in channel.Reader.ReadAllAsync())
                    {
                        Assert.Same(host.Shard, Shard.Current);
                        Assert.Equal(next++, item);
                    }

                    Assert.Null(error);
                }
                catch (TimeZoneNotFoundException)
                {
                    Assert.NotNull(error);
                }

                Assert.Same(host.Shard, Shard.Current);
                Assert.Equal(Items, next);
            });
            Task writer = TestHost.On(host.Shards[1], async () =>
            {
                for (int i = 0; i < Items; i++)
                {
                    await channel.Writer.WriteAsync(i);
                    Assert.Same(host.Shards[1], Shard.Current);
                }

                channel.Writer.Complete(error);
            });
            await Task.WhenAll(reader, writer);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_writer_that_waits_on_a_shard_goes_on_there(bool synchronous)
    {
        await using var host = TestHost.Many(4);
        Channel<int> channel = Make(bounded: true, singleReader: false, synchronous);
        Task writers = host.Host.InvokeOnAllAsync(async () =>
        {
            Shard home = Shard.Current!;
            for (int i = 0; i < Items; i++)
            {
                await channel.Writer.WriteAsync(i);
                Assert.Same(home, Shard.Current);
                if (i % 2 == 0)
                {
                    Assert.True(await channel.Writer.WaitToWriteAsync());
                    Assert.Same(home, Shard.Current);
                }
            }
        });
        Task<int> reader = Task.Run(async () =>
        {
            int sum = 0;
            for (int i = 0; i < 4 * Items; i++)
            {
                sum += await channel.Reader.ReadAsync();
            }

            return sum;
        });
        await Eventually.Ends(writers, "the writers");
        Assert.Equal(4 * (Items * (Items - 1) / 2), await Eventually.Ends(reader, "the reader"));
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task A_read_that_is_cancelled_on_a_shard_goes_on_there(bool bounded, bool singleReader, bool synchronous)
    {
        await using var host = TestHost.Many(2);
        Channel<int> channel = Make(bounded, singleReader, synchronous);
        await host.Run(async () =>
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<int> read = channel.Reader.ReadAsync(cancellation.Token);
            host.Shards[1].Post(cancellation.Cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
            Assert.Same(host.Shard, Shard.Current);
        });
    }

    private static Channel<int> Make(bool bounded, bool singleReader, bool synchronous) => bounded
        ? Channel.CreateBounded<int>(new BoundedChannelOptions(3) { SingleReader = singleReader, AllowSynchronousContinuations = synchronous })
        : Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = singleReader, AllowSynchronousContinuations = synchronous });
}
