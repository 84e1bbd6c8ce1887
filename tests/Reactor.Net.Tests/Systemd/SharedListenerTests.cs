using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Systemd;

/// <summary>Listening on a socket that somebody else has opened, and keeps.</summary>
public sealed class SharedListenerTests : ShardTest
{
    protected override int ShardCount => 2;

    [Fact]
    public async Task Its_connections_are_spread_over_the_shards()
    {
        using Socket owned = Listen();
        await using TcpServer server = await TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.TellShardAsync);
        Assert.Equal(owned.LocalEndPoint, server.EndPoint);

        using Socket one = await Peers.ConnectAsync(server.EndPoint);
        using Socket other = await Peers.ConnectAsync(server.EndPoint);

        Assert.Equal(1, await Handlers.AskShardAsync(one) + await Handlers.AskShardAsync(other));
    }

    [Fact]
    public async Task Who_waits_when_the_server_stops_is_served_by_the_next_one()
    {
        using Socket owned = Listen();
        TcpServer first = await TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.EchoAsync);
        using (Socket served = await Peers.ConnectAsync(first.EndPoint))
        {
            await Handlers.AssertEchoesAsync(served);
        }

        await first.StopAsync();
        using Socket waiting = await Peers.ConnectAsync(first.EndPoint);
        await waiting.SendAllAsync("ping"u8.ToArray());
        await using TcpServer second = await TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.EchoAsync);

        Assert.Equal("ping"u8.ToArray(), await waiting.ReceiveExactlyAsync(4));
    }

    [Fact]
    public async Task The_owner_may_go_on_accepting_when_the_server_has_stopped()
    {
        using Socket owned = Listen();
        TcpServer server = await TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.EchoAsync);
        await server.StopAsync();

        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        using Socket accepted = await owned.AcceptAsync().WaitAsync(Eventually.Promptly);

        Assert.Equal(peer.LocalEndPoint, accepted.RemoteEndPoint);
        await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
    }

    [Fact]
    public async Task The_owner_may_close_it_while_the_server_goes_on()
    {
        Socket owned = Listen();
        await using TcpServer server = await TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.EchoAsync);
        owned.SafeHandle.Dispose();

        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);
    }

    [Fact]
    public Task A_listener_takes_it_too_with_its_options() => OnShard(async () =>
    {
        using Socket owned = Listen();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(owned.SafeHandle, new TcpListenerOptions { Connection = { KeepAliveTime = TimeSpan.FromSeconds(77) } });
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();

        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);
        using TcpConnection connection = await accepting;

        Assert.Equal((true, TimeSpan.FromSeconds(77)), (connection.NoDelay, connection.KeepAliveTime));
    });

    [Fact]
    public Task Disposing_the_listener_ends_an_accept_and_leaves_the_socket() => OnShard(async () =>
    {
        using Socket owned = Listen();
        TcpConnectionListener listener = TcpConnectionListener.Listen(owned.SafeHandle);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        await NextTurn();

        listener.Dispose();

        SocketException end = await Assert.ThrowsAsync<SocketException>(() => accepting.AsTask());
        Assert.Equal(SocketError.OperationAborted, end.SocketErrorCode);
        using Socket peer = await Peers.ConnectAsync((IPEndPoint)owned.LocalEndPoint!);
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "the poll is gone");
    });

    [Fact]
    public async Task With_the_kernels_distribution_chosen_by_CPU_it_is_refused()
    {
        using Socket owned = Listen();

        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(
            () => TcpServer.StartAsync(Host, owned.SafeHandle, Handlers.EchoAsync, new TcpServerOptions { Distribution = ConnectionDistribution.IncomingCpu }));

        Assert.StartsWith("TcpServerOptions.Distribution is IncomingCpu:", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_TCP_socket_that_listens_is_refused_and_left_alone()
    {
        using var idle = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using FileStream file = File.OpenRead("/dev/null");
        using var notASocket = new SafeSocketHandle(file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);

        await AssertRefusedAsync(idle.SafeHandle, "it does not listen");
        await AssertRefusedAsync(datagrams.SafeHandle, "it is not a TCP socket");
        await AssertRefusedAsync(unix.SafeHandle, "its address family is 1");
        await AssertRefusedAsync(notASocket, "it is not a socket");
        Assert.False(idle.SafeHandle.IsClosed);
        await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "nothing was begun");
    }

    [Fact]
    public async Task A_handle_that_is_closed_is_refused()
    {
        Socket owned = Listen();
        SafeSocketHandle handle = owned.SafeHandle;
        handle.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => TcpServer.StartAsync(Host, handle, Handlers.EchoAsync));
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(Peers.AnyLoopbackPort);
        socket.Listen();
        return socket;
    }

    private async Task AssertRefusedAsync(SafeSocketHandle handle, string why)
    {
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => TcpServer.StartAsync(Host, handle, Handlers.EchoAsync));
        Assert.StartsWith($"listen on the socket of file descriptor {handle.DangerousGetHandle()}: {why}", refusal.Message, StringComparison.Ordinal);
    }
}
