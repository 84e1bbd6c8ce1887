using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class GatheredSendTests : ShardTest
{
    /// <summary>The kernel's limit of buffers in one call.</summary>
    private const int IovMax = 1_024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(IovMax)]
    [InlineData(IovMax + 1)]
    [InlineData(3 * IovMax)]
    public Task The_buffers_of_a_list_arrive_in_order(int count) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ReadOnlyMemory<byte>[] buffers = [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Payload.Random((i % 5) + 1, i))];
        byte[] expected = Concatenate(buffers);

        await pair.Ours.SendAsync(buffers);

        Assert.Equal(expected, await pair.Peer.ReceiveExactlyAsync(expected.Length));
    });

    [Fact]
    public Task An_empty_list_sends_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await pair.Ours.SendAsync([]);
        pair.Ours.Close();

        Assert.Empty(await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task A_list_of_empty_buffers_sends_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await pair.Ours.SendAsync(new ReadOnlyMemory<byte>[200]);
        pair.Ours.Close();

        Assert.Empty(await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task Empty_buffers_in_a_list_are_skipped() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ReadOnlyMemory<byte>[] buffers = [default, "a"u8.ToArray(), default, default, "bc"u8.ToArray(), default];

        await pair.Ours.SendAsync(buffers);

        Assert.Equal("abc"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(3));
    });

    [Fact]
    public Task A_null_list_is_refused() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await Assert.ThrowsAsync<ArgumentNullException>(async () => await pair.Ours.SendAsync(buffers: null!));
    });

    [Fact]
    public Task Buffers_go_out_in_parts_to_a_slow_reader() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        var random = new Random(3);
        ReadOnlyMemory<byte>[] buffers = [.. Enumerable.Range(0, 2_000).Select(i => (ReadOnlyMemory<byte>)Payload.Random(random.Next(0, 2_000), i))];
        byte[] expected = Concatenate(buffers);
        ValueTask sending = pair.Ours.SendAsync(buffers);
        Assert.False(sending.IsCompleted);

        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(expected.Length));
        await sending;

        Assert.Equal(expected, await receiving);
    });

    [Fact]
    public Task Lists_and_single_buffers_may_alternate() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(600_000);
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        for (int i = 0; i < 6; i++)
        {
            ReadOnlyMemory<byte> part = bytes.AsMemory(i * 100_000, 100_000);
            if (i % 2 == 0)
            {
                await pair.Ours.SendAsync([part[..1], part[1..50_000], part[50_000..]]);
            }
            else
            {
                await pair.Ours.SendAsync(part);
            }
        }

        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task A_pending_gathered_send_ends_with_ConnectionReset_when_the_peer_resets() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        ValueTask sending = pair.Ours.SendAsync([new byte[1_000_000], new byte[1_000_000]]);
        await NextTurn();

        pair.Peer.Reset();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await sending);
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    });

    [Fact]
    public void What_is_left_of_a_list_agrees_with_a_plain_concatenation_at_every_step()
    {
        var random = new Random(11);
        for (int round = 0; round < 300; round++)
        {
            ReadOnlyMemory<byte>[] buffers = [.. Enumerable.Range(0, random.Next(0, 12)).Select(_ => (ReadOnlyMemory<byte>)Payload.Random(random.Next(0, 4), random.Next()))];
            ReadOnlyMemory<byte> model = Concatenate(buffers);
            var rest = new GatheredBuffers(buffers);
            while (true)
            {
                var left = new List<byte>();
                foreach (ReadOnlyMemory<byte> buffer in rest)
                {
                    Assert.False(buffer.IsEmpty);
                    left.AddRange(buffer.Span);
                }

                Assert.Equal(model.ToArray(), left.ToArray());
                Assert.Equal(model.IsEmpty, rest.IsEmpty);
                if (model.IsEmpty)
                {
                    break;
                }

                int step = random.Next(0, Math.Min(model.Length, 6) + 1);
                rest.Advance(step);
                model = model[step..];
            }
        }
    }

    private static byte[] Concatenate(IEnumerable<ReadOnlyMemory<byte>> buffers) => [.. buffers.SelectMany(buffer => buffer.ToArray())];
}
