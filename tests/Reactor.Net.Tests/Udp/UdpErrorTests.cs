using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpErrorTests : ShardTest
{
    [Fact]
    public Task A_refusal_ends_a_pending_receive_once_and_the_socket_lives_on() => OnShard(async () =>
    {
        IPEndPoint closed = UdpPeers.Closed();
        using UdpSocket ours = UdpSocket.Connect(closed);
        for (int i = 0; i < 3; i++)
        {
            ValueTask<UdpReceived> receiving = ours.ReceiveAsync(new byte[10]);
            await NextTurn();
            await ours.SendAsync("anybody?"u8.ToArray());
            Assert.Equal(SocketError.ConnectionRefused, await FailureOf(receiving));
            Assert.Equal(SocketError.WouldBlock, ours.TryReceive(new byte[10], out _));
        }

        await AssertLivesAsync(ours, closed);
    });

    [Fact]
    public Task A_refusal_that_nobody_waits_for_meets_the_next_receive() => OnShard(async () =>
    {
        IPEndPoint closed = UdpPeers.Closed();
        using UdpSocket ours = UdpSocket.Connect(closed);
        await ours.SendAsync(new byte[1]);
        Assert.Equal(SocketError.ConnectionRefused, await FailureOf(ours.ReceiveAsync(new byte[10])));
        await ours.SendAsync(new byte[1]);
        Assert.Equal(SocketError.ConnectionRefused, ours.TryReceive(new byte[10], out _));
        await ours.SendAsync(new byte[1]);
        Assert.Equal(SocketError.ConnectionRefused, await FailureOf(ours.ReceiveBatchAsync(new UdpBatch(2, 10))));
        Assert.Equal(SocketError.WouldBlock, ours.TryReceive(new byte[10], out _));
        await AssertLivesAsync(ours, closed);
    });

    [Fact]
    public Task A_refusal_meets_the_next_send_which_has_not_sent() => OnShard(async () =>
    {
        IPEndPoint closed = UdpPeers.Closed();
        using UdpSocket ours = UdpSocket.Connect(closed);
        await ours.SendAsync(new byte[1]);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await ours.SendAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Contains(closed.ToString(), exception.Message, StringComparison.Ordinal);

        await ours.SendAsync(new byte[1]);
        Assert.Equal(SocketError.ConnectionRefused, ours.TrySend(new byte[1]));
        using Socket peer = UdpPeers.Bind(port: closed.Port);
        Assert.Equal(SocketError.Success, ours.TrySend("now"u8));
        Assert.Equal("now"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);
        Assert.Equal(0, peer.Available);
    });

    [Fact]
    public Task A_refusal_before_a_batch_is_told_of_its_first_datagram_and_the_rest_goes_on() => OnShard(async () =>
    {
        IPEndPoint closed = UdpPeers.Closed();
        using UdpSocket ours = UdpSocket.Connect(closed);
        await ours.SendAsync(new byte[1]);
        using Socket peer = UdpPeers.Bind(port: closed.Port);
        var batch = new UdpBatch(3, 10);
        batch.TryAdd("a"u8);
        batch.TryAdd("b"u8);
        batch.TryAdd("c"u8);

        Assert.Equal(2, await ours.SendBatchAsync(batch));

        Assert.Equal([SocketError.ConnectionRefused, SocketError.Success, SocketError.Success], Enumerable.Range(0, 3).Select(i => batch[i].Error));
        Assert.Equal("b"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);
        Assert.Equal("c"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);
    });

    [Fact]
    public Task A_batch_to_a_closed_port_goes_out_whole() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Connect(UdpPeers.Closed());
        var batch = new UdpBatch(20, 10);
        while (batch.TryAdd("x"u8))
        {
        }

        Assert.Equal(20, await ours.SendBatchAsync(batch));
        Assert.Equal(SocketError.ConnectionRefused, ours.TryReceive(new byte[10], out _));
    });

    [Fact]
    public Task An_unconnected_socket_is_not_disturbed_by_a_peer_that_has_gone() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        IPEndPoint closed = UdpPeers.Closed();
        ValueTask<UdpReceived> receiving = ours.ReceiveAsync(new byte[10]);
        for (int i = 0; i < 5; i++)
        {
            await ours.SendToAsync(new byte[1], closed);
            await NextTurn();
        }

        Assert.False(receiving.IsCompleted);
        peer.SendTo(new byte[3], ours.LocalEndPoint);
        Assert.Equal(3, (await receiving).Length);
    });

    [Fact]
    public Task A_datagram_that_is_too_long_is_refused_and_the_socket_lives_on() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Connect(peer.Address());
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await ours.SendAsync(new byte[65_508]));
        Assert.Equal(SocketError.MessageSize, exception.SocketErrorCode);
        Assert.Contains("65,507", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.MessageSize, ours.TrySend(new byte[65_508]));
        await ours.SendAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);
    });

    [Fact]
    public Task SendAsync_on_a_socket_that_is_not_connected_says_what_to_use() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await ours.SendAsync(new byte[1]));
        Assert.Equal(SocketError.DestinationAddressRequired, exception.SocketErrorCode);
        Assert.Contains(nameof(UdpSocket.SendToAsync), exception.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.DestinationAddressRequired, ours.TrySend(new byte[1]));
    });

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "203.0.113.9")]
    [InlineData("::", "::1", "2001:db8::9")]
    public Task An_address_to_send_from_has_to_be_this_machines(string bound, string to, string from) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        using Socket peer = UdpPeers.Bind(IPAddress.Parse(to));
        SocketException exception = await Assert.ThrowsAsync<SocketException>(
            async () => await ours.SendToAsync(new byte[1], peer.Address(), new IPEndPoint(IPAddress.Parse(from), 0)));
        Assert.Contains(from, exception.Message, StringComparison.Ordinal);
        Assert.Contains("this machine", exception.Message, StringComparison.Ordinal);
        await ours.SendToAsync(new byte[1], peer.Address());
        await peer.ReceiveOneAsync();
    });

    [Fact]
    public Task A_broadcast_is_refused_unless_it_is_allowed() => OnShard(async () =>
    {
        IPEndPoint broadcast = UdpPeers.AnyLoopbackPort.At("127.255.255.255");
        using (UdpSocket careful = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0)))
        {
            broadcast.Port = careful.LocalEndPoint.Port;
            SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await careful.SendToAsync(new byte[1], broadcast));
            Assert.Equal(SocketError.AccessDenied, exception.SocketErrorCode);
            Assert.Contains(nameof(UdpOptions.Broadcast), exception.Message, StringComparison.Ordinal);
        }

        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpOptions { Broadcast = true });
        broadcast.Port = ours.LocalEndPoint.Port;
        await ours.SendToAsync(new byte[6], broadcast);
        UdpReceived received = await ours.ReceiveAsync(new byte[10]);
        Assert.Equal(6, received.Length);
        Assert.Equal(broadcast, received.To.ToIPEndPoint());
        Assert.Equal(broadcast.At("127.0.0.1"), received.Local.ToIPEndPoint());

        // What came by broadcast is answered from an address.
        await ours.SendToAsync(new byte[7], received.From, received.Local);
        Assert.Equal(broadcast.At("127.0.0.1"), (await ours.ReceiveAsync(new byte[10])).From.ToIPEndPoint());
    });

    [Fact]
    public Task A_port_that_is_taken_is_an_error() => OnShard(() =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        SocketException exception = Assert.Throws<SocketException>(() => UdpSocket.Bind(ours.LocalEndPoint));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains(ours.LocalEndPoint.ToString(), exception.Message, StringComparison.Ordinal);
        exception = Assert.Throws<SocketException>(() => UdpSocket.Bind(ours.LocalEndPoint, new UdpOptions { ReusePort = true }));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        return Task.CompletedTask;
    });

    [Fact]
    public Task An_address_of_another_machine_cannot_be_bound() => OnShard(() =>
    {
        SocketException exception = Assert.Throws<SocketException>(() => UdpSocket.Bind(new IPEndPoint(IPAddress.Parse("203.0.113.9"), 0)));
        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        return Task.CompletedTask;
    });

    private static async Task<SocketError> FailureOf<T>(ValueTask<T> operation) =>
        (await Assert.ThrowsAsync<SocketException>(async () => await operation)).SocketErrorCode;

    private static async Task AssertLivesAsync(UdpSocket ours, IPEndPoint address)
    {
        using Socket peer = UdpPeers.Bind(port: address.Port);
        await ours.SendAsync("there"u8.ToArray());
        (byte[] bytes, IPEndPoint from) = await peer.ReceiveOneAsync();
        Assert.Equal("there"u8.ToArray(), bytes);
        peer.SendTo("yes"u8, from);
        Assert.Equal(3, (await ours.ReceiveAsync(new byte[10])).Length);
    }
}
