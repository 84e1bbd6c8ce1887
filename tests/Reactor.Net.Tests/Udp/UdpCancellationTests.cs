using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpCancellationTests : ShardTest
{
    public enum Kind
    {
        Receive,
        ReceiveBatch,
        WaitToReceive,
    }

    [Theory]
    [InlineData(Kind.Receive)]
    [InlineData(Kind.ReceiveBatch)]
    [InlineData(Kind.WaitToReceive)]
    public Task A_cancelled_receive_loses_nothing_and_the_next_takes_over(Kind kind) => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        foreach (Kind next in Enum.GetValues<Kind>())
        {
            using var cancellation = new CancellationTokenSource();
            Task cancelled = Start(ours, kind, cancellation.Token);
            await NextTurn();
            cancellation.Cancel();
            OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            Assert.Equal(cancellation.Token, exception.CancellationToken);

            Task receiving = Start(ours, next, CancellationToken.None);
            peer.SendTo(new byte[1], ours.LocalEndPoint);
            await receiving;
            ours.TryReceive(new byte[10], out _);
        }
    });

    [Theory]
    [InlineData(Kind.Receive)]
    [InlineData(Kind.ReceiveBatch)]
    [InlineData(Kind.WaitToReceive)]
    public Task A_token_that_has_fired_ends_it_at_once_although_something_is_there(Kind kind) => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        peer.SendTo(new byte[1], ours.LocalEndPoint);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Start(ours, kind, new CancellationToken(canceled: true)));
        Assert.Equal(SocketError.Success, ours.TryReceive(new byte[10], out _));
    });

    [Fact]
    public Task A_token_that_has_fired_keeps_a_datagram_from_being_sent() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Connect(peer.Address());
        var token = new CancellationToken(canceled: true);
        var batch = new UdpBatch(1, 1);
        batch.TryAdd("x"u8);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ours.SendAsync(new byte[1], token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ours.SendToAsync(new byte[1], peer.Address(), token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ours.SendBatchAsync(batch, token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ours.WaitToSendAsync(token));
        Assert.Equal(SocketError.WouldBlock, batch[0].Error);
        Assert.Equal(0, peer.Available);
    });

    [Fact]
    public Task A_token_may_fire_on_any_thread() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        for (int i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task receiving = ours.ReceiveAsync(new byte[1], cancellation.Token).AsTask();
            await Task.Run(cancellation.Cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.WaitAsync(Eventually.Promptly));
        }
    });

    private static async Task Start(UdpSocket socket, Kind kind, CancellationToken token)
    {
        switch (kind)
        {
            case Kind.Receive:
                await socket.ReceiveAsync(new byte[10], token);
                break;
            case Kind.ReceiveBatch:
                await socket.ReceiveBatchAsync(new UdpBatch(2, 10), token);
                break;
            default:
                await socket.WaitToReceiveAsync(token);
                break;
        }
    }
}
