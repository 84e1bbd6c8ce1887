using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class ConnectTests : ShardTest
{
    [Fact]
    public Task A_connection_that_was_made_carries_bytes_both_ways() => OnShard(async () =>
    {
        using Pair pair = await Pair.ConnectAsync();
        await pair.Ours.SendAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(4));

        await pair.Peer.SendAllAsync("pong"u8.ToArray());

        byte[] buffer = new byte[16];
        Assert.Equal("pong"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
    });

    [Fact]
    public Task A_connector_reaches_a_listener_of_the_same_shard() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        using TcpConnection client = await TcpConnector.ConnectAsync(listener.LocalEndPoint);
        using TcpConnection server = await accepting;

        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
    });

    [Fact]
    public Task A_port_without_listener_ends_with_ConnectionRefused_and_names_it() => OnShard(async () =>
    {
        IPEndPoint nobody = UnusedPort();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync(nobody));

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Contains(nobody.ToString(), exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_refused_connect_gives_its_descriptor_back() => OnShard(async () =>
    {
        IPEndPoint nobody = UnusedPort();
        long descriptors = Shard.GetStatistics().Descriptors;
        for (int i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync(nobody));
        }

        await Eventually.IsEqualAsync(descriptors, () => Shard.GetStatistics().Descriptors, "descriptors");
    });

    [Fact]
    public Task A_token_that_has_fired_before_prevents_the_connect() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        long descriptors = Shard.GetStatistics().Descriptors;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await TcpConnector.ConnectAsync(backlog.EndPoint, cancellationToken: new CancellationToken(true)));

        Assert.Equal(descriptors, Shard.GetStatistics().Descriptors);
    });

    [Fact]
    public Task A_connect_can_be_cancelled_at_once() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(backlog.EndPoint, cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connecting);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await Eventually.IsEqualAsync(1, () => Shard.GetStatistics().Descriptors, "descriptors");
    });

    [Fact]
    public Task A_connect_can_be_cancelled_while_it_is_pending() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(backlog.EndPoint, cancellationToken: cancellation.Token);
        await NextTurn();
        await NextTurn();
        Assert.False(connecting.IsCompleted);

        await Task.Run(cancellation.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connecting.AsTask().WaitAsync(Eventually.Promptly));
        await Eventually.IsEqualAsync(1, () => Shard.GetStatistics().Descriptors, "descriptors");
    });

    [Fact]
    public Task One_can_connect_again_after_a_cancelled_connect() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(backlog.EndPoint, cancellationToken: cancellation.Token);
        await NextTurn();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connecting);

        using Pair pair = await Pair.ConnectAsync();
        await pair.Ours.SendAsync("x"u8.ToArray());

        Assert.Equal("x"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(1));
    });

    [Fact]
    public Task A_pending_connect_ends_with_success_when_the_backlog_has_room_again() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(backlog.EndPoint);
        await NextTurn();
        Assert.False(connecting.IsCompleted);

        backlog.AcceptAll();

        // The kernel sends its SYN again after a second.
        using TcpConnection ours = await connecting;
        Assert.Equal(backlog.EndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task Many_connects_may_be_pending_and_be_cancelled_together() => OnShard(async () =>
    {
        using var backlog = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        Task<TcpConnection>[] connecting = [.. Enumerable.Range(0, 200).Select(_ => TcpConnector.ConnectAsync(backlog.EndPoint, cancellationToken: cancellation.Token).AsTask())];
        await NextTurn();
        Assert.Equal(201, Shard.GetStatistics().Descriptors);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(connecting));
        Assert.All(connecting, task => Assert.True(task.IsCanceled));
        await Eventually.IsEqualAsync(1, () => Shard.GetStatistics().Descriptors, "descriptors");
    });

    [Fact]
    public async Task A_pending_connect_ends_when_the_host_stops()
    {
        using var backlog = new FullBacklog();
        Task<TcpConnection> connecting = null!;
        await OnShard(async () =>
        {
            connecting = TcpConnector.ConnectAsync(backlog.EndPoint).AsTask();
            await NextTurn();
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Connect_is_called_on_a_shard()
    {
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await TcpConnector.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 1)));

        Assert.Contains("InvokeAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task An_unreachable_address_ends_with_a_SocketException_that_names_it() => OnShard(async () =>
    {
        // The broadcast address is no address to connect to.
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync(new IPEndPoint(IPAddress.Broadcast, 9)));

        Assert.Contains("255.255.255.255:9", exception.Message, StringComparison.Ordinal);
        await Eventually.IsEqualAsync(1, () => Shard.GetStatistics().Descriptors, "descriptors");
    });

    [Fact]
    public Task Out_of_local_ports_is_not_explained_as_a_foreign_address() => OnShard(async () =>
    {
        await Task.CompletedTask;
        string message = SocketErrors.From("connect to 127.0.0.1:80", Tmds.Linux.LibC.EADDRNOTAVAIL).Message;

        // connect answers EADDRNOTAVAIL when every local port towards the peer is in use.
        Assert.Contains("port", message, StringComparison.Ordinal);
    });

    /// <summary>A port that was free a moment ago, held so that nobody else listens there.</summary>
    private static IPEndPoint UnusedPort()
    {
        using Socket probe = Peers.Create(Peers.AnyLoopbackPort);
        probe.Bind(Peers.AnyLoopbackPort);
        return (IPEndPoint)probe.LocalEndPoint!;
    }
}
