using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpReceiveTests : ShardTest
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public Task A_bound_socket_tells_who_sent_and_answers_there(string address) => OnShard(async () =>
    {
        var host = IPAddress.Parse(address);
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(host, 0));
        Assert.NotEqual(0, ours.LocalEndPoint.Port);
        Assert.Null(ours.RemoteEndPoint);
        byte[] buffer = new byte[100];
        using Socket one = UdpPeers.Bind(host);
        using Socket two = UdpPeers.Bind(host);
        foreach (Socket peer in new[] { one, two, one })
        {
            ValueTask<UdpReceived> receiving = ours.ReceiveAsync(buffer);
            await peer.SendToAsync("ping"u8.ToArray(), ours.LocalEndPoint);
            UdpReceived received = await receiving;

            Assert.Equal("ping"u8.ToArray(), buffer[..received.Length]);
            Assert.False(received.IsTruncated);
            Assert.Equal(4, received.DatagramLength);
            Assert.Equal(peer.Address(), received.From.ToIPEndPoint());
            Assert.Equal(ours.LocalEndPoint, received.Local.ToIPEndPoint());
            Assert.Equal(ours.LocalEndPoint, received.To.ToIPEndPoint());

            await ours.SendToAsync("pong"u8.ToArray(), received.From, received.Local);
            (byte[] bytes, IPEndPoint from) = await peer.ReceiveOneAsync();
            Assert.Equal("pong"u8.ToArray(), bytes);
            Assert.Equal(ours.LocalEndPoint, from);
        }
    });

    [Fact]
    public Task A_connected_socket_hears_its_peer_and_nobody_else() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using Socket stranger = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Connect(peer.Address());
        Assert.Equal(peer.Address(), ours.RemoteEndPoint);
        await ours.SendAsync("hello"u8.ToArray());
        (byte[] bytes, IPEndPoint from) = await peer.ReceiveOneAsync();
        Assert.Equal("hello"u8.ToArray(), bytes);
        Assert.Equal(ours.LocalEndPoint, from);

        await stranger.SendToAsync("noise"u8.ToArray(), ours.LocalEndPoint);
        await peer.SendToAsync("answer"u8.ToArray(), ours.LocalEndPoint);

        byte[] buffer = new byte[100];
        UdpReceived received = await ours.ReceiveAsync(buffer);
        Assert.Equal("answer"u8.ToArray(), buffer[..received.Length]);
        Assert.Equal(peer.Address(), received.From.ToIPEndPoint());
        Assert.Equal(ours.LocalEndPoint, received.Local.ToIPEndPoint());
        Assert.Equal(SocketError.WouldBlock, ours.TryReceive(buffer, out _));
    });

    [Fact]
    public Task A_socket_connects_from_the_port_that_it_is_given() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        IPEndPoint local = UdpPeers.Closed(IPAddress.Parse("127.0.0.3"));
        using UdpSocket ours = UdpSocket.Connect(peer.Address(), null, local);
        Assert.Equal(local, ours.LocalEndPoint);
        await ours.SendAsync(new byte[1]);
        Assert.Equal(local, (await peer.ReceiveOneAsync()).From);
    });

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.2")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "127.0.0.2")]
    [InlineData("::", "::1")]
    public Task A_socket_on_every_address_answers_from_the_one_it_was_asked_on(string bound, string asked) => OnShard(async () =>
    {
        var target = IPAddress.Parse(asked);
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        using Socket peer = UdpPeers.Bind(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback);
        byte[] buffer = new byte[100];
        peer.SendTo("where?"u8, ours.LocalEndPoint.At(asked));

        UdpReceived received = await ours.ReceiveAsync(buffer);

        IPAddress expected = ours.LocalEndPoint.AddressFamily == target.AddressFamily ? target : target.MapToIPv6();
        Assert.Equal(new IPEndPoint(expected, ours.LocalEndPoint.Port), received.Local.ToIPEndPoint());
        Assert.Equal(received.Local, received.To);
        Assert.Equal(1, received.InterfaceIndex);
        await ours.SendToAsync("here"u8.ToArray(), received.From, received.Local);
        Assert.Equal(ours.LocalEndPoint.At(asked), (await peer.ReceiveOneAsync()).From);

        Assert.Equal(SocketError.Success, ours.TrySendTo("again"u8, received.From, received.Local));
        Assert.Equal(ours.LocalEndPoint.At(asked), (await peer.ReceiveOneAsync()).From);
    });

    [Fact]
    public Task A_dual_mode_socket_takes_addresses_of_IPv4_as_they_are() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        using Socket peer = UdpPeers.Bind();
        await ours.SendToAsync(new byte[1], peer.Address(), new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        Assert.Equal(ours.LocalEndPoint.At("127.0.0.2"), (await peer.ReceiveOneAsync()).From);
    });

    [Fact]
    public Task Without_dual_mode_IPv4_is_left_to_others() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0), new UdpOptions { DualMode = false });
        using Socket peer = UdpPeers.Bind(IPAddress.Any, ours.LocalEndPoint.Port);
        using Socket other = UdpPeers.Bind();
        other.SendTo(new byte[7], ours.LocalEndPoint.At("127.0.0.1"));
        Assert.Equal(7, (await peer.ReceiveOneAsync()).Bytes.Length);
        Assert.Equal(SocketError.WouldBlock, ours.TryReceive(new byte[9], out _));
    });

    [Theory]
    [InlineData(5, 4)]
    [InlineData(5, 0)]
    [InlineData(60_000, 1_000)]
    public Task A_datagram_that_does_not_fit_is_told_with_its_length(int length, int room) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        byte[] bytes = Payload.Random(length);
        for (int i = 0; i < 3; i++)
        {
            byte[] buffer = new byte[room];
            ValueTask<UdpReceived> receiving = ours.ReceiveAsync(buffer);
            peer.SendTo(bytes, ours.LocalEndPoint);
            peer.SendTo("next"u8, ours.LocalEndPoint);
            UdpReceived received = await receiving;

            Assert.True(received.IsTruncated);
            Assert.Equal(room, received.Length);
            Assert.Equal(length, received.DatagramLength);
            Assert.Equal(bytes[..room], buffer);

            byte[] next = new byte[4];
            Assert.Equal(4, (await ours.ReceiveAsync(next)).Length);
            Assert.Equal("next"u8.ToArray(), next);
        }
    });

    [Fact]
    public Task A_datagram_without_content_is_a_datagram() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        using UdpSocket connected = UdpSocket.Connect(peer.Address());
        for (int i = 0; i < 3; i++)
        {
            peer.SendTo([], ours.LocalEndPoint);
            UdpReceived received = await ours.ReceiveAsync(new byte[10]);
            Assert.Equal((0, 0, false), (received.Length, received.DatagramLength, received.IsTruncated));
            Assert.Equal(peer.Address(), received.From.ToIPEndPoint());

            await ours.SendToAsync(default, received.From);
            Assert.Empty((await peer.ReceiveOneAsync()).Bytes);
            await connected.SendAsync(default);
            Assert.Empty((await peer.ReceiveOneAsync()).Bytes);
            Assert.Equal(SocketError.Success, connected.TrySend(default));
            Assert.Empty((await peer.ReceiveOneAsync()).Bytes);
        }
    });

    [Fact]
    public Task The_largest_datagram_comes_through() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using UdpSocket other = UdpSocket.Connect(ours.LocalEndPoint);
        byte[] bytes = Payload.Random(65_507);
        byte[] buffer = new byte[65_507];
        await other.SendAsync(bytes);
        UdpReceived received = await ours.ReceiveAsync(buffer);
        Assert.Equal(65_507, received.Length);
        Assert.Equal(bytes, buffer);
    });

    [Fact]
    public Task TryReceive_takes_what_is_there_and_WaitToReceiveAsync_waits_for_it() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        byte[] buffer = new byte[10];
        Assert.Equal(SocketError.WouldBlock, ours.TryReceive(buffer, out UdpReceived nothing));
        Assert.Equal(0, nothing.Length);
        Assert.False(nothing.From.IsKnown);
        ValueTask waiting = ours.WaitToReceiveAsync();
        await NextTurn();
        Assert.False(waiting.IsCompleted);

        peer.SendTo("a"u8, ours.LocalEndPoint);
        await waiting;

        Assert.Equal(SocketError.Success, ours.TryReceive(buffer, out UdpReceived received));
        Assert.Equal((1, (byte)'a'), (received.Length, buffer[0]));
        Assert.Equal(SocketError.WouldBlock, ours.TryReceive(buffer, out _));
    });

    [Fact]
    public Task Datagrams_come_in_order_one_by_one() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        byte[] buffer = new byte[10];
        int[] bursts = [1, 5, 1, 1, 50, 2, 0, 30, 1];
        int next = 0;
        foreach (int burst in bursts)
        {
            for (int i = 0; i < burst; i++)
            {
                peer.SendTo(BitConverter.GetBytes(next + i), ours.LocalEndPoint);
            }

            for (int i = 0; i < burst; i++)
            {
                Assert.Equal(4, (await ours.ReceiveAsync(buffer)).Length);
                Assert.Equal(next++, BitConverter.ToInt32(buffer));
            }
        }
    });

    /// <summary>Which of the operations, none of which has to wait, is left to give the shard away.</summary>
    public enum Flood
    {
        Receive,
        ReceiveBatch,
        Send,
        SendBatch,
    }

    [Theory]
    [InlineData(Flood.Receive)]
    [InlineData(Flood.ReceiveBatch)]
    [InlineData(Flood.Send)]
    [InlineData(Flood.SendBatch)]
    public Task A_peer_that_never_pauses_does_not_keep_the_shard_from_others(Flood kind) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using UdpSocket peer = UdpSocket.Connect(ours.LocalEndPoint);
        var batch = new UdpBatch(1, 10);
        bool isOver = false;
        Task flood = FloodAsync();
        for (int i = 0; i < 20; i++)
        {
            await NextTurn();
        }

        isOver = true;
        await flood;

        async Task FloodAsync()
        {
            byte[] buffer = new byte[10];
            while (!isOver)
            {
                switch (kind)
                {
                    case Flood.Receive:
                        peer.TrySend(buffer);
                        await ours.ReceiveAsync(buffer);
                        break;
                    case Flood.ReceiveBatch:
                        peer.TrySend(buffer);
                        await ours.ReceiveBatchAsync(batch);
                        break;
                    case Flood.Send:
                        await peer.SendAsync(buffer);
                        ours.TryReceive(buffer, out _);
                        break;
                    default:
                        batch.Clear();
                        batch.TryAdd(buffer);
                        await peer.SendBatchAsync(batch);
                        ours.TryReceive(buffer, out _);
                        break;
                }
            }
        }
    });

    [Fact]
    public Task System_calls_and_bytes_are_counted() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using UdpSocket peer = UdpSocket.Connect(ours.LocalEndPoint);
        ShardStatistics before = Shard.GetStatistics();
        await peer.SendAsync(new byte[30]);
        await ours.ReceiveAsync(new byte[20]);
        var batch = new UdpBatch(4, 10);
        batch.TryAdd(new byte[3]);
        batch.TryAdd(new byte[4]);
        await peer.SendBatchAsync(batch);
        await ours.ReceiveBatchAsync(batch);
        ShardStatistics after = Shard.GetStatistics();
        Assert.Equal(37, after.BytesSent - before.BytesSent);
        Assert.Equal(27, after.BytesReceived - before.BytesReceived);
        Assert.True(after.SystemCalls >= before.SystemCalls + 4);
    });
}
