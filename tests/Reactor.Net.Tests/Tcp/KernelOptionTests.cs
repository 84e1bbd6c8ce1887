using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>Options that the kernel keeps are read back from it.</summary>
public sealed class KernelOptionTests : ShardTest
{
    private const int TcpDeferAccept = 9;
    private const int TcpFastOpen = 23;
    private const int TcpFastOpenConnect = 30;

    private static TcpConnectionOptions KeepAliveOptions => new()
    {
        KeepAlive = true,
        KeepAliveTime = TimeSpan.FromSeconds(71),
        KeepAliveInterval = TimeSpan.FromSeconds(72),
        KeepAliveRetryCount = 73,
        UserTimeout = TimeSpan.FromMilliseconds(74_321),
    };

    [Fact]
    public Task Accepted_connections_inherit_the_times_of_keep_alive_and_the_user_timeout() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = KeepAliveOptions });

        AssertKeepAlive(pair.Ours);
    });

    [Fact]
    public Task Connectors_set_the_times_of_keep_alive_and_the_user_timeout() => OnShard(async () =>
    {
        using Pair pair = await Pair.ConnectAsync(KeepAliveOptions);

        AssertKeepAlive(pair.Ours);
    });

    [Fact]
    public Task By_default_the_times_are_the_systems() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        Assert.Equal(plain.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime), (int)pair.Ours.KeepAliveTime.TotalSeconds);
        Assert.Equal(plain.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval), (int)pair.Ours.KeepAliveInterval.TotalSeconds);
        Assert.Equal(plain.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount), pair.Ours.KeepAliveRetryCount);
        Assert.Equal(TimeSpan.Zero, pair.Ours.UserTimeout);
    });

    [Fact]
    public Task Times_can_be_changed_on_an_open_connection() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.KeepAliveTime = TimeSpan.FromSeconds(71);
        pair.Ours.KeepAliveInterval = TimeSpan.FromSeconds(72);
        pair.Ours.KeepAliveRetryCount = 73;
        pair.Ours.UserTimeout = TimeSpan.FromMilliseconds(74_321);
        pair.Ours.KeepAlive = true;

        AssertKeepAlive(pair.Ours);
    });

    [Fact]
    public Task What_the_kernel_refuses_on_an_open_connection_is_an_error() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        SocketException refusal = Assert.Throws<SocketException>(() => pair.Ours.KeepAliveRetryCount = 128);

        Assert.Equal(SocketError.InvalidArgument, refusal.SocketErrorCode);
        Assert.Contains("socket option", refusal.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Acknowledging_at_once_can_be_switched() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        pair.Ours.QuickAck = false;
        Assert.False(pair.Ours.QuickAck);
        pair.Ours.QuickAck = true;
        Assert.True(pair.Ours.QuickAck);
    });

    [Fact]
    public Task A_listener_that_defers_hands_over_who_has_spoken_before_who_came_first() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { DeferAccept = TimeSpan.FromSeconds(60) });
        using Socket silent = await Peers.ConnectAsync(listener.LocalEndPoint);
        using Socket talker = await Peers.ConnectAsync(listener.LocalEndPoint);
        await talker.SendAllAsync("x"u8.ToArray());

        using TcpConnection first = await listener.AcceptAsync();
        Assert.Equal(talker.LocalEndPoint, first.RemoteEndPoint);

        await silent.SendAllAsync("y"u8.ToArray());
        using TcpConnection second = await listener.AcceptAsync();
        Assert.Equal(silent.LocalEndPoint, second.RemoteEndPoint);
    });

    [Fact]
    public Task Deferring_and_fast_open_are_set_on_the_listener() => OnShard(() =>
    {
        using TcpConnectionListener set = TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { DeferAccept = TimeSpan.FromSeconds(2), FastOpenQueueLength = 17 });
        using TcpConnectionListener unset = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        // The kernel rounds 2 seconds up to its next retransmission.
        Assert.Equal((3, 17), (OfListener(set, TcpDeferAccept), OfListener(set, TcpFastOpen)));
        Assert.Equal((0, 0), (OfListener(unset, TcpDeferAccept), OfListener(unset, TcpFastOpen)));
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Connectors_set_fast_open(bool fastOpen) => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using TcpConnection ours = await TcpConnector.ConnectAsync(listener.LocalEndPoint, new TcpConnectionOptions { FastOpen = fastOpen });

        // Where there is a cookie, nothing has gone out yet.
        await ours.SendAsync("x"u8.ToArray());
        Assert.Equal(fastOpen ? 1 : 0, KernelSocket.TcpOption(ours.LocalEndPoint!, isListener: false, TcpFastOpenConnect));
    });

    [Fact]
    public Task Connections_with_fast_open_carry_data_both_ways() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { FastOpenQueueLength = 8 });

        // The first may fetch a cookie, with which the second sends its data in the SYN; where the system does not allow it, all connect as ever.
        for (int i = 0; i < 3; i++)
        {
            using TcpConnection ours = await TcpConnector.ConnectAsync(listener.LocalEndPoint, new TcpConnectionOptions { FastOpen = true });
            await ours.SendAsync("ping"u8.ToArray());
            using TcpConnection theirs = await listener.AcceptAsync();
            byte[] buffer = new byte[4];
            Assert.Equal(4, await theirs.ReceiveAsync(buffer));
            await theirs.SendAsync(buffer);
            Assert.Equal(4, await ours.ReceiveAsync(buffer));
            Assert.Equal("ping"u8.ToArray(), buffer);
        }
    });

    [Fact]
    public Task A_connection_comes_from_the_address_that_was_asked_for() => OnShard(async () =>
    {
        using Pair pair = await Pair.ConnectAsync(new TcpConnectionOptions { LocalEndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.5"), 0) });

        IPEndPoint seen = Assert.IsType<IPEndPoint>(pair.Peer.RemoteEndPoint);
        Assert.Equal(IPAddress.Parse("127.0.0.5"), seen.Address);
        Assert.NotEqual(0, seen.Port);
        Assert.Equal(seen, pair.Ours.LocalEndPoint);
    });

    [Fact]
    public Task A_port_is_shared_by_connections_with_several_peers() => OnShard(async () =>
    {
        using TcpConnectionListener one = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using TcpConnectionListener other = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection first = await TcpConnector.ConnectAsync(one.LocalEndPoint, new TcpConnectionOptions { LocalEndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.6"), 0) });
        using TcpConnection second = await TcpConnector.ConnectAsync(other.LocalEndPoint, new TcpConnectionOptions { LocalEndPoint = first.LocalEndPoint });

        using TcpConnection accepted = await other.AcceptAsync();
        Assert.Equal(first.LocalEndPoint, accepted.RemoteEndPoint);
    });

    [Fact]
    public Task A_local_address_that_is_not_to_be_had_is_named() => OnShard(async () =>
    {
        var elsewhere = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);

        SocketException failure = await Assert.ThrowsAsync<SocketException>(
            () => TcpConnector.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9), new TcpConnectionOptions { LocalEndPoint = elsewhere }).AsTask());

        Assert.Equal(SocketError.AddressNotAvailable, failure.SocketErrorCode);
        Assert.Contains($"from {elsewhere}", failure.Message, StringComparison.Ordinal);
    });

    private static void AssertKeepAlive(TcpConnection connection)
    {
        Assert.True(connection.KeepAlive);
        Assert.Equal(
            (TimeSpan.FromSeconds(71), TimeSpan.FromSeconds(72), 73, TimeSpan.FromMilliseconds(74_321)),
            (connection.KeepAliveTime, connection.KeepAliveInterval, connection.KeepAliveRetryCount, connection.UserTimeout));
    }

    private static int OfListener(TcpConnectionListener listener, int option) => KernelSocket.TcpOption(listener.LocalEndPoint, isListener: true, option);
}
