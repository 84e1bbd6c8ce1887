using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class AddressTests : ShardTest
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.5.6.7")]
    [InlineData("::1")]
    public Task An_accepted_connection_knows_both_addresses(string address) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(endPoint: new IPEndPoint(IPAddress.Parse(address), 0));

        Assert.Equal(pair.Peer.RemoteEndPoint, pair.Ours.LocalEndPoint);
        Assert.Equal(pair.Peer.LocalEndPoint, pair.Ours.RemoteEndPoint);
        await AssertEchoAsync(pair);
    });

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public Task A_connector_reaches_a_plain_listener_and_knows_both_addresses(string address) => OnShard(async () =>
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using Socket bound = Peers.Create(new IPEndPoint(IPAddress.Parse(address), 0));
        bound.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        bound.Listen();
        using TcpConnection ours = await TcpConnector.ConnectAsync((IPEndPoint)bound.LocalEndPoint!);
        using Socket peer = await bound.AcceptAsync();

        Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
        Assert.Equal(peer.RemoteEndPoint, ours.LocalEndPoint);
    });

    [Fact]
    public Task A_dual_mode_listener_takes_IPv4_peers_and_shows_them_mapped() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(new IPEndPoint(IPAddress.IPv6Any, 0));
        using Socket peer = await Peers.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.LocalEndPoint.Port));
        using TcpConnection ours = await listener.AcceptAsync();

        Assert.Equal(IPAddress.Loopback.MapToIPv6(), ours.RemoteEndPoint!.Address);
        Assert.Equal(((IPEndPoint)peer.LocalEndPoint!).Port, ours.RemoteEndPoint.Port);
        Assert.Equal(IPAddress.Loopback.MapToIPv6(), ours.LocalEndPoint!.Address);
    });

    [Fact]
    public Task A_dual_mode_listener_takes_IPv6_peers_too() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(new IPEndPoint(IPAddress.IPv6Any, 0));
        using Socket peer = await Peers.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, listener.LocalEndPoint.Port));
        using TcpConnection ours = await listener.AcceptAsync();

        Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task Without_dual_mode_IPv4_peers_are_refused() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(new IPEndPoint(IPAddress.IPv6Any, 0), new TcpListenerOptions { DualMode = false });

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => Peers.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.LocalEndPoint.Port)));

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    });

    [Fact]
    public Task Port_0_lets_the_kernel_choose_and_the_listener_tells() => OnShard(async () =>
    {
        using TcpConnectionListener first = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using TcpConnectionListener second = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        Assert.NotEqual(0, first.LocalEndPoint.Port);
        Assert.NotEqual(first.LocalEndPoint.Port, second.LocalEndPoint.Port);
        using Socket peer = await Peers.ConnectAsync(first.LocalEndPoint);
    });

    [Fact]
    public Task RemoteEndPoint_stays_readable_after_close() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.Close();

        Assert.Equal(pair.Peer.LocalEndPoint, pair.Ours.RemoteEndPoint);
        Assert.Contains(pair.Ours.RemoteEndPoint!.ToString(), pair.Ours.ToString(), StringComparison.Ordinal);
    });

    [Fact]
    public Task LocalEndPoint_stays_readable_after_close_if_it_was_read_before() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        IPEndPoint? before = pair.Ours.LocalEndPoint;

        pair.Ours.Close();

        Assert.Equal(pair.Peer.RemoteEndPoint, before);
        Assert.Equal(before, pair.Ours.LocalEndPoint);
    });

    [Fact]
    public Task LocalEndPoint_is_null_after_close_if_it_was_never_read() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.Close();

        Assert.Null(pair.Ours.LocalEndPoint);
    });

    [Fact]
    public Task Endpoints_are_readable_after_the_peer_has_reset() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        EndPoint? local = pair.Peer.RemoteEndPoint;
        EndPoint? remote = pair.Peer.LocalEndPoint;
        pair.Peer.Reset();
        await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.ReceiveAsync(new byte[1]));

        Assert.Equal(local, pair.Ours.LocalEndPoint);
        Assert.Equal(remote, pair.Ours.RemoteEndPoint);
    });

    [Fact]
    public async Task RemoteEndPoint_is_readable_on_other_threads()
    {
        Pair pair = null!;
        await OnShard(async () => pair = await Pair.AcceptAsync());

        Assert.Equal(pair.Peer.LocalEndPoint, pair.Ours.RemoteEndPoint);

        await OnShard(() =>
        {
            pair.Dispose();
            return Task.CompletedTask;
        });
    }

    private static async Task AssertEchoAsync(Pair pair)
    {
        await pair.Peer.SendAllAsync("ping"u8.ToArray());
        byte[] buffer = new byte[4];
        await pair.Ours.ReceiveAsync(buffer);
        await pair.Ours.SendAsync(buffer);
        Assert.Equal("ping"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(4));
    }
}
