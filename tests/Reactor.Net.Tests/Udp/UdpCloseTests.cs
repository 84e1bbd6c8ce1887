using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpCloseTests : ShardTest
{
    /// <summary>What a socket is doing when it is closed.</summary>
    public enum At
    {
        Idle,
        DataUnread,
        ReceiveQueued,
        ReceiveArmed,
        ReceiveFired,
        BatchArmed,
        WaitArmed,
        WaitToSendQueued,
        AbandonedReceiveArmed,
        RefusalUnseen,
    }

    public static TheoryData<At, bool> All
    {
        get
        {
            var all = new TheoryData<At, bool>();
            foreach (At state in Enum.GetValues<At>())
            {
                all.Add(state, true);
                if (state != At.RefusalUnseen)
                {
                    all.Add(state, false);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public Task Closing_ends_what_is_pending_and_gives_everything_back(At state, bool isConnected) => OnShard(async () =>
    {
        for (int i = 0; i < 20; i++)
        {
            using Socket peer = UdpPeers.Bind();
            using UdpSocket ours = isConnected ? UdpSocket.Connect(peer.Address()) : UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
            using var cancellation = new CancellationTokenSource();
            Task? pending = null;
            switch (state)
            {
                case At.DataUnread:
                    peer.SendTo(new byte[1], ours.LocalEndPoint);
                    break;
                case At.ReceiveQueued or At.ReceiveArmed or At.ReceiveFired:
                    pending = ours.ReceiveAsync(new byte[1]).AsTask();
                    break;
                case At.BatchArmed:
                    pending = ours.ReceiveBatchAsync(new UdpBatch(2, 10)).AsTask();
                    break;
                case At.WaitArmed:
                    pending = ours.WaitToReceiveAsync().AsTask();
                    break;
                case At.WaitToSendQueued:
                    pending = ours.WaitToSendAsync().AsTask();
                    break;
                case At.AbandonedReceiveArmed:
                    Task abandoned = ours.ReceiveAsync(new byte[1], cancellation.Token).AsTask();
                    await NextTurn();
                    cancellation.Cancel();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
                    break;
                case At.RefusalUnseen:
                    peer.Dispose();
                    await ours.SendAsync(new byte[1]);
                    break;
            }

            if (state is At.ReceiveArmed or At.ReceiveFired or At.BatchArmed or At.WaitArmed)
            {
                await NextTurn();
            }

            if (state == At.ReceiveFired)
            {
                // The poll has fired, and its completion has not been harvested.
                peer.SendTo(new byte[1], ours.LocalEndPoint);
            }

            ours.Dispose();
            ours.Dispose();

            if (pending is not null)
            {
                SocketException exception = await Assert.ThrowsAsync<SocketException>(() => pending);
                Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
            }
        }

        await AssertNothingLeftAsync();
    });

    [Fact]
    public Task A_port_is_free_as_soon_as_its_socket_has_been_given_back() => OnShard(async () =>
    {
        System.Net.IPEndPoint address = UdpPeers.AnyLoopbackPort;
        for (int i = 0; i < 50; i++)
        {
            using UdpSocket ours = UdpSocket.Bind(address);
            address = ours.LocalEndPoint;
            Task receiving = ours.ReceiveAsync(new byte[1]).AsTask();
            await NextTurn();
            ours.Dispose();
            await Assert.ThrowsAsync<SocketException>(() => receiving);
            await AssertNothingLeftAsync();
        }
    });

    [Fact]
    public Task A_reused_descriptor_gets_no_event_of_its_predecessor() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        for (int i = 0; i < 100; i++)
        {
            using UdpSocket first = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
            Task abandoned = first.ReceiveAsync(new byte[1]).AsTask();
            await NextTurn();
            peer.SendTo(new byte[1], first.LocalEndPoint);
            first.Dispose();
            await Assert.ThrowsAsync<SocketException>(() => abandoned);

            using UdpSocket second = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
            ValueTask waiting = second.WaitToReceiveAsync();
            await NextTurn();
            await NextTurn();
            Assert.False(waiting.IsCompleted);
            peer.SendTo(new byte[1], second.LocalEndPoint);
            await waiting;
        }
    });

    [Fact]
    public Task What_a_closed_socket_is_asked_it_refuses_but_its_addresses_stay() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        UdpSocket ours = UdpSocket.Connect(peer.Address());
        int port = ours.LocalEndPoint.Port;
        ours.Dispose();

        Assert.True(ours.IsClosed);
        Assert.Equal(port, ours.LocalEndPoint.Port);
        Assert.Equal(peer.Address(), ours.RemoteEndPoint);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.ReceiveAsync(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendAsync(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendToAsync(new byte[1], peer.Address()));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.ReceiveBatchAsync(new UdpBatch(1, 1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendBatchAsync(new UdpBatch(1, 1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.WaitToReceiveAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.WaitToSendAsync());
        Assert.Throws<ObjectDisposedException>(() => ours.TryReceive(new byte[1], out _));
        Assert.Throws<ObjectDisposedException>(() => ours.TrySend(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => ours.ReceiveBufferSize);
        Assert.Throws<ObjectDisposedException>(() => ours.JoinGroup(System.Net.IPAddress.Parse("239.1.1.1")));
    });

    [Fact]
    public async Task Stopping_the_host_ends_what_is_pending_and_disposing_afterwards_is_harmless()
    {
        UdpSocket ours = null!;
        Task[] operations = null!;
        await OnShard(async () =>
        {
            ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
            UdpSocket other = UdpSocket.Connect(ours.LocalEndPoint);
            operations = [ours.ReceiveAsync(new byte[1]).AsTask(), other.ReceiveBatchAsync(new UdpBatch(1, 1)).AsTask()];
            await NextTurn();
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreach (Task operation in operations)
        {
            SocketException exception = await Assert.ThrowsAsync<SocketException>(() => operation.WaitAsync(Eventually.Promptly));
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        ours.Dispose();
        Assert.True(ours.IsClosed);
    }

    private Task AssertNothingLeftAsync() => Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "descriptors and polls are given back");
}
