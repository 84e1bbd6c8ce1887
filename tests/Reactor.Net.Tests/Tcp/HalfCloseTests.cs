namespace Reactor.Net.Tests.Tcp;

public sealed class HalfCloseTests : ShardTest
{
    [Fact]
    public Task After_ShutdownSend_the_peer_sees_the_end_and_we_still_receive() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Ours.SendAsync("question"u8.ToArray());
        pair.Ours.ShutdownSend();
        Assert.Equal("question"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());

        await pair.Peer.SendAllAsync("answer"u8.ToArray());
        pair.Peer.ShutdownSend();

        byte[] buffer = new byte[64];
        Assert.Equal("answer"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
    });

    [Fact]
    public Task After_the_peers_FIN_we_still_send() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("question"u8.ToArray());
        pair.Peer.ShutdownSend();
        byte[] buffer = new byte[64];
        Assert.Equal(8, await pair.Ours.ReceiveAsync(buffer));
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));

        byte[] answer = Payload.Random(1_000_000);
        Task<byte[]> receiving = Task.Run(pair.Peer.ReceiveToEndAsync);
        await pair.Ours.SendAsync(answer);
        pair.Ours.Close();

        Assert.Equal(answer, await receiving);
    });

    [Fact]
    public Task ShutdownSend_leaves_a_pending_receive_alone() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[64];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(buffer);
        await NextTurn();

        pair.Ours.ShutdownSend();
        await pair.Peer.AssertSeesFinAsync();
        Assert.False(receiving.IsCompleted);
        await pair.Peer.SendAllAsync("still"u8.ToArray());

        Assert.Equal(5, await receiving);
    });

    [Fact]
    public Task ShutdownSend_twice_does_no_harm() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.ShutdownSend();
        pair.Ours.ShutdownSend();

        await pair.Peer.AssertSeesFinAsync();
    });

    [Fact]
    public Task ShutdownSend_while_a_send_is_pending_throws_and_the_send_goes_on() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(1_000_000);
        ValueTask sending = pair.Ours.SendAsync(bytes);

        Assert.Throws<InvalidOperationException>(pair.Ours.ShutdownSend);

        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        await sending;
        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task ShutdownReceive_ends_a_pending_receive_with_0() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();

        pair.Ours.ShutdownReceive();

        Assert.Equal(0, await receiving);
        Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[16]));
    });

    [Fact]
    public Task ShutdownReceive_ends_a_receive_whose_poll_has_not_been_submitted_yet() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);

        pair.Ours.ShutdownReceive();

        Assert.Equal(0, await receiving);
    });

    [Fact]
    public Task After_ShutdownReceive_what_had_arrived_is_received_and_then_0() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("there"u8.ToArray());
        Assert.Equal(0, await pair.Ours.ReceiveAsync(Memory<byte>.Empty));

        pair.Ours.ShutdownReceive();

        byte[] buffer = new byte[16];
        Assert.Equal(5, await pair.Ours.ReceiveAsync(buffer));
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
    });

    [Fact]
    public Task After_ShutdownReceive_sending_goes_on_and_the_peer_is_not_told() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.ShutdownReceive();

        await pair.Ours.SendAsync("on"u8.ToArray());

        Assert.Equal("on"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(2));
    });

    [Fact]
    public Task ShutdownReceive_of_a_connection_that_the_peer_has_reset_does_no_harm() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        pair.Peer.Reset();
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await receiving);

        pair.Ours.ShutdownReceive();
    });

    [Fact]
    public Task Both_sides_may_close_half_by_half() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.ShutdownSend();
        await pair.Peer.AssertSeesFinAsync();
        pair.Peer.ShutdownSend();
        Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[1]));

        pair.Ours.Close();

        Assert.True(pair.Ours.IsClosed);
    });
}
