using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class ListenerTests : ShardTest
{
    [Fact]
    public Task Connections_that_arrive_together_are_all_accepted() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        Socket[] peers = [.. Enumerable.Range(0, 200).Select(_ => Peers.Create(listener.LocalEndPoint))];
        Array.ForEach(peers, peer => peer.Connect(listener.LocalEndPoint));

        var accepted = new List<TcpConnection>();
        while (accepted.Count < peers.Length)
        {
            accepted.Add(await listener.AcceptAsync());
        }

        Assert.Equal(
            peers.Select(peer => peer.LocalEndPoint!.ToString()).Order(),
            accepted.Select(ours => ours.RemoteEndPoint!.ToString()).Order());
        accepted.ForEach(ours => ours.Abort());
        Array.ForEach(peers, peer => peer.Dispose());
    });

    [Fact]
    public Task A_burst_is_followed_by_waiting_for_the_next_connection() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        for (int i = 0; i < 3; i++)
        {
            using Socket first = await Peers.ConnectAsync(listener.LocalEndPoint);
            using TcpConnection ours = await listener.AcceptAsync();
            ValueTask<TcpConnection> accepting = listener.AcceptAsync();
            await NextTurn();
            Assert.False(accepting.IsCompleted);
            using Socket second = await Peers.ConnectAsync(listener.LocalEndPoint);
            using TcpConnection later = await accepting;
        }
    });

    [Fact]
    public Task A_connection_whose_peer_was_gone_before_the_accept_tells_so_when_it_is_used() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);
        peer.Reset();

        using TcpConnection ours = await listener.AcceptAsync();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await ours.ReceiveAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    });

    [Fact]
    public Task The_backlog_limits_how_many_wait() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { Backlog = 1 });
        Socket[] peers = [.. Enumerable.Range(0, 6).Select(_ => Peers.Create(listener.LocalEndPoint))];
        Task[] connecting = [.. peers.Select(peer => peer.ConnectAsync(listener.LocalEndPoint))];

        // The kernel keeps one more than it was told; the SYNs of the others are dropped and repeated later.
        await Eventually.IsEqualAsync(2, () => connecting.Count(task => task.IsCompletedSuccessfully), "connections");
        await NextTurn();
        Assert.Equal(2, connecting.Count(task => task.IsCompletedSuccessfully));

        Array.ForEach(peers, peer => peer.Dispose());
        await Task.WhenAll(connecting).ContinueWith(static _ => { }, TaskScheduler.Default);
    });

    [Fact]
    public Task Disposing_the_listener_ends_a_pending_accept_with_OperationAborted() => OnShard(async () =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        await NextTurn();

        listener.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await accepting);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        await Eventually.IsTrueAsync(() => Shard.GetStatistics() is { Descriptors: 1, PollsArmed: 1 }, "the listener's descriptor is given back");
    });

    [Fact]
    public Task Disposing_the_listener_in_an_accept_that_was_not_submitted_yet_ends_it_too() => OnShard(async () =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();

        listener.Dispose();

        await Assert.ThrowsAsync<SocketException>(async () => await accepting);
    });

    [Fact]
    public Task A_disposed_listener_refuses_new_connections_at_once_and_its_connections_live_on() => OnShard(async () =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);
        using TcpConnection ours = await listener.AcceptAsync();
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        await NextTurn();

        listener.Dispose();

        using Socket late = Peers.Create(listener.LocalEndPoint);
        SocketException exception = Assert.Throws<SocketException>(() => late.Connect(listener.LocalEndPoint));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        await ours.SendAsync("on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), await peer.ReceiveExactlyAsync(2));
        await Assert.ThrowsAsync<SocketException>(async () => await accepting);
    });

    [Fact]
    public Task Connections_that_nobody_accepted_are_reset_when_the_listener_goes() => OnShard(async () =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);

        listener.Dispose();

        await peer.AssertSeesResetAsync();
    });

    [Fact]
    public Task Disposing_a_listener_twice_does_nothing_more() => OnShard(() =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        listener.Dispose();
        listener.Dispose();

        Assert.True(listener.IsClosed);
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_port_in_use_is_told_with_its_name_and_what_to_do() => OnShard(async () =>
    {
        using TcpConnectionListener first = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        SocketException exception = Assert.Throws<SocketException>(() => TcpConnectionListener.Listen(first.LocalEndPoint));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains(first.LocalEndPoint.ToString(), exception.Message, StringComparison.Ordinal);
        Assert.Contains("choose another port", exception.Message, StringComparison.Ordinal);
        await AssertDescriptorsAsync(2);
    });

    [Fact]
    public Task A_port_of_a_plain_socket_is_in_use_too() => OnShard(async () =>
    {
        using Socket plain = Peers.Create(Peers.AnyLoopbackPort);
        plain.Bind(Peers.AnyLoopbackPort);
        plain.Listen();

        SocketException exception = Assert.Throws<SocketException>(() => TcpConnectionListener.Listen((IPEndPoint)plain.LocalEndPoint!));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        await AssertDescriptorsAsync(1);
    });

    [Fact]
    public Task An_address_of_another_machine_is_told() => OnShard(async () =>
    {
        // TEST-NET-1 of RFC 5737: nobody's.
        var foreign = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);

        SocketException exception = Assert.Throws<SocketException>(() => TcpConnectionListener.Listen(foreign));

        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        Assert.Contains("192.0.2.1:0", exception.Message, StringComparison.Ordinal);
        await AssertDescriptorsAsync(1);
    });

    [Fact]
    public Task A_port_can_be_listened_on_again_although_its_connections_are_in_TIME_WAIT() => OnShard(async () =>
    {
        IPEndPoint endPoint;
        using (TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort))
        {
            endPoint = listener.LocalEndPoint;
            using Socket peer = await Peers.ConnectAsync(endPoint);
            using TcpConnection ours = await listener.AcceptAsync();
            ours.Close();
            await peer.AssertSeesFinAsync();
            peer.ShutdownSend();
        }

        using TcpConnectionListener again = TcpConnectionListener.Listen(endPoint);

        Assert.Equal(endPoint, again.LocalEndPoint);
    });

    private Task AssertDescriptorsAsync(long expected) =>
        Eventually.IsEqualAsync(expected, () => Shard.GetStatistics().Descriptors, "descriptors");
}
