using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class VectoredReceiveTests : ShardTest
{
    [Fact]
    public Task Buffers_are_filled_in_their_order() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[][] arrays = [new byte[2], [], new byte[3], new byte[10]];
        await pair.Peer.SendAllAsync("abcdefg"u8.ToArray());

        Assert.Equal(7, await pair.Ours.ReceiveAsync(Memories(arrays)));

        Assert.Equal("ab"u8.ToArray(), arrays[0]);
        Assert.Equal("cde"u8.ToArray(), arrays[2]);
        Assert.Equal("fg"u8.ToArray(), arrays[3][..2]);
    });

    [Fact]
    public Task It_waits_until_the_peer_sends() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[][] arrays = [new byte[1], new byte[1]];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(Memories(arrays));
        await NextTurn();
        Assert.False(receiving.IsCompleted);
        await pair.Peer.SendAllAsync("xy"u8.ToArray());

        Assert.Equal(2, await receiving);
        Assert.Equal((byte)'y', arrays[1][0]);
    });

    [Theory]
    [InlineData(1, 64)]
    [InlineData(7, 63)]
    [InlineData(100, 65)]
    [InlineData(1_000, 200)]
    public Task A_long_stream_comes_through_many_buffers_unchanged(int size, int count) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] sent = Payload.Random(500_000);
        Task sending = Task.Run(async () =>
        {
            await pair.Peer.SendAllAsync(sent);
            pair.Peer.ShutdownSend();
        });
        Memory<byte>[] buffers = Memories([.. Enumerable.Range(0, count).Select(_ => new byte[size])]);
        var received = new MemoryStream();
        int bytes;
        while ((bytes = await pair.Ours.ReceiveAsync(buffers)) > 0)
        {
            foreach (Memory<byte> buffer in buffers)
            {
                int taken = Math.Min(bytes, buffer.Length);
                received.Write(buffer.Span[..taken]);
                bytes -= taken;
            }

            Assert.Equal(0, bytes);
        }

        await sending;
        Assert.Equal(sent, received.ToArray());
    });

    [Fact]
    public Task Without_room_it_waits_for_readiness_and_takes_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync([Memory<byte>.Empty, Memory<byte>.Empty]);
        await NextTurn();
        Assert.False(receiving.IsCompleted);
        await pair.Peer.SendAllAsync("x"u8.ToArray());

        Assert.Equal(0, await receiving);
        Assert.Equal(1, await pair.Ours.ReceiveAsync(new byte[4]));
    });

    [Fact]
    public Task The_end_is_told_as_0_and_a_reset_as_an_exception() => OnShard(async () =>
    {
        using Pair ended = await Pair.AcceptAsync();
        ended.Peer.ShutdownSend();
        Assert.Equal(0, await ended.Ours.ReceiveAsync(Memories([new byte[1], new byte[1]])));

        using Pair reset = await Pair.AcceptAsync();
        reset.Peer.Reset();
        SocketException error = await Assert.ThrowsAsync<SocketException>(async () => await reset.Ours.ReceiveAsync(Memories([new byte[1], new byte[1]])));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    });

    private static Memory<byte>[] Memories(byte[][] arrays) => Array.ConvertAll(arrays, array => array.AsMemory());
}
