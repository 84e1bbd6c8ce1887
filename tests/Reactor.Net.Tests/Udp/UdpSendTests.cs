using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

/// <summary>What happens when the kernel has no room for more: to be seen only towards a neighbour that does not answer ARP.</summary>
[Collection(Alone.Name)]
public sealed class UdpSendTests : ShardTest
{
    [SilentNeighbourFact]
    public Task A_send_without_room_waits_until_there_is_some() => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpOptions { SendBufferSize = 1 });
        int sent = Fill(ours, neighbour);
        Assert.InRange(sent, 1, 99);
        ValueTask sending = ours.SendToAsync(new byte[500], neighbour);
        Assert.False(sending.IsCompleted);
        ValueTask<UdpReceived> receiving = ours.ReceiveAsync(new byte[10]);
        using Socket peer = UdpPeers.Bind();
        peer.SendTo(new byte[2], ours.LocalEndPoint.At("127.0.0.1"));
        Assert.Equal(2, (await receiving).Length);
        Assert.False(sending.IsCompleted);

        await sending;
    });

    [SilentNeighbourFact]
    public Task WaitToSendAsync_waits_for_room() => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpOptions { SendBufferSize = 1 });
        await ours.WaitToSendAsync();
        Fill(ours, neighbour);
        ValueTask waiting = ours.WaitToSendAsync();
        await NextTurn();
        Assert.False(waiting.IsCompleted);
        await waiting;
        Assert.Equal(SocketError.Success, ours.TrySendTo(new byte[500], neighbour));
    });

    [SilentNeighbourFact]
    public Task A_batch_goes_on_where_the_room_ended() => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Connect(neighbour, new UdpOptions { SendBufferSize = 1 });
        var batch = new UdpBatch(9, 500);
        while (batch.TryAdd(new byte[500]))
        {
        }

        ValueTask<int> sending = ours.SendBatchAsync(batch);
        await NextTurn();
        Assert.False(sending.IsCompleted);
        Assert.Equal(SocketError.Success, batch[0].Error);
        Assert.Equal(SocketError.WouldBlock, batch[8].Error);
        Assert.Throws<InvalidOperationException>(batch.Clear);
        Assert.Throws<InvalidOperationException>(() => batch.Add());
        using UdpSocket other = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        Assert.Throws<InvalidOperationException>(() => { _ = other.SendBatchAsync(batch).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = other.ReceiveBatchAsync(batch).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = ours.SendAsync(new byte[1]).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => ours.TrySend(new byte[1]));

        int sent = await sending;

        Assert.Equal(9, sent);
        Assert.All(Enumerable.Range(0, 9), i => Assert.Equal(SocketError.Success, batch[i].Error));
        batch.Clear();
    });

    [SilentNeighbourFact]
    public Task Cancelling_a_batch_tells_what_was_not_sent() => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpOptions { SendBufferSize = 1 });
        using var cancellation = new CancellationTokenSource();
        var batch = new UdpBatch(9, 500);
        while (batch.TryAdd(new byte[500], neighbour))
        {
        }

        ValueTask<int> sending = ours.SendBatchAsync(batch, cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sending);

        int sent = Enumerable.Range(0, 9).Count(i => batch[i].Error == SocketError.Success);
        Assert.InRange(sent, 1, 8);
        Assert.Equal(9 - sent, Enumerable.Range(0, 9).Count(i => batch[i].Error == SocketError.WouldBlock));
        batch.Clear();

        // A send to somebody else still has no room: the buffer is the socket's.
        Assert.Equal(SocketError.WouldBlock, ours.TrySendTo(new byte[500], neighbour));
    });

    [SilentNeighbourTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Closing_ends_a_send_that_waits(bool withBatch) => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Connect(neighbour, new UdpOptions { SendBufferSize = 1 });
        Fill(ours, default);
        Task sending = withBatch ? ours.SendBatchAsync(OfOne()).AsTask() : ours.SendAsync(new byte[500]).AsTask();
        Task receiving = ours.ReceiveAsync(new byte[1]).AsTask();
        await NextTurn();

        ours.Dispose();

        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => sending)).SocketErrorCode);
        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => receiving)).SocketErrorCode);
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "descriptors and polls are given back");

        static UdpBatch OfOne()
        {
            var batch = new UdpBatch(1, 500);
            batch.TryAdd(new byte[500]);
            return batch;
        }
    });

    [SilentNeighbourFact]
    public Task Cancelling_a_send_that_waits_ends_it_alone() => WithSilentNeighbour(async neighbour =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpOptions { SendBufferSize = 1 });
        using var cancellation = new CancellationTokenSource();
        Fill(ours, neighbour);
        ValueTask sending = ours.SendToAsync(new byte[500], neighbour, cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sending);

        // The next one takes over the poll.
        await ours.SendToAsync(new byte[500], neighbour);
    });

    private static int Fill(UdpSocket socket, UdpAddress target)
    {
        for (int sent = 0; sent < 100; sent++)
        {
            SocketError result = socket.TrySendTo(new byte[500], target);
            if (result == SocketError.WouldBlock)
            {
                return sent;
            }

            Assert.Equal(SocketError.Success, result);
        }

        return 100;
    }

    private Task WithSilentNeighbour(Func<IPEndPoint, Task> body) => OnShard(() => body(UdpPeers.SilentNeighbour!));
}
