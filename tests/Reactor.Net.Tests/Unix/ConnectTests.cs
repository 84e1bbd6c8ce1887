using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class ConnectTests : ShardTest
{
    [Fact]
    public Task A_path_without_a_file_says_so() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();

        SocketException exception = await FailAsync(directory.EndPoint());

        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
        Assert.Contains($"connect to {directory["s"]}", exception.Message);
        Assert.Contains("ENOENT", exception.Message);
        Assert.Equal(exception.SocketErrorCode, Assert.ThrowsAny<SocketException>(() => UnixPeers.Connect(directory.EndPoint())).SocketErrorCode);
    });

    [Fact]
    public Task A_stale_file_refuses_and_says_what_it_may_be() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        UnixPeers.LeaveStaleFile(directory["s"]);

        SocketException exception = await FailAsync(directory.EndPoint());

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Contains("stale", exception.Message);
    });

    [Fact]
    public Task An_abstract_name_that_nobody_has_refuses() => OnShard(async () =>
        Assert.Equal(SocketError.ConnectionRefused, (await FailAsync(UnixPeers.AnyAbstractName())).SocketErrorCode));

    [Fact]
    public Task A_datagram_socket_is_of_another_kind() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using Socket other = UnixPeers.BindDatagram(directory.EndPoint());

        SocketException exception = await FailAsync(directory.EndPoint());

        Assert.Equal(SocketError.ProtocolType, exception.SocketErrorCode);
        Assert.Contains("of another kind", exception.Message);
    });

    [Fact]
    public Task A_full_backlog_is_waited_for() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(name, backlog: 0);
        using Socket first = UnixPeers.Connect(name);
        Task<UnixConnection> connecting = UnixConnector.ConnectAsync(name).AsTask();
        await NextTurn();
        Assert.False(connecting.IsCompleted);

        using Socket accepted = await listener.AcceptAsync();
        using UnixConnection ours = await connecting.WaitAsync(Eventually.Promptly);
        using Socket peer = await listener.AcceptAsync();

        await ours.SendAsync("x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await peer.ReceiveExactlyAsync(1));
    });

    [Fact]
    public Task A_connect_that_waits_for_the_backlog_ends_when_its_token_fires() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(name, backlog: 0);
        using Socket first = UnixPeers.Connect(name);
        using var cancellation = new CancellationTokenSource();
        Task<UnixConnection> connecting = UnixConnector.ConnectAsync(name, null, cancellation.Token).AsTask();
        await NextTurn();

        cancellation.Cancel();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "nothing is left on the shard");
    });

    [Fact]
    public Task A_connect_that_waits_for_the_backlog_ends_when_the_listener_goes() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(name, backlog: 0);
        using Socket first = UnixPeers.Connect(name);
        Task<UnixConnection> connecting = UnixConnector.ConnectAsync(name).AsTask();
        await NextTurn();

        listener.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    });

    [Fact]
    public async Task A_connect_that_waits_for_the_backlog_ends_when_its_shard_stops()
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(name, backlog: 0);
        using Socket first = UnixPeers.Connect(name);
        ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        Task<UnixConnection>? connecting = null;
        await host.Shards[0].InvokeAsync(() => { connecting = UnixConnector.ConnectAsync(name).AsTask(); });

        await host.StopAsync().WaitAsync(Eventually.Patience);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => connecting!);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    [Fact]
    public Task A_token_that_has_fired_prevents_the_attempt() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(name);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await UnixConnector.ConnectAsync(name, null, new CancellationToken(true)));

        listener.Blocking = false;
        Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(listener.Accept).SocketErrorCode);
    });

    [Fact]
    public Task The_send_buffer_is_set_as_asked() => OnShard(async () =>
    {
        using UnixPair connected = await UnixPair.ConnectAsync(options: new UnixConnectionOptions { SendBufferSize = 10_000 });
        Assert.Equal(20_000, connected.Ours.SendBufferSize);
        using UnixPair accepted = await UnixPair.AcceptAsync(options: new UnixListenerOptions { Connection = { SendBufferSize = 10_000 } });
        Assert.Equal(20_000, accepted.Ours.SendBufferSize);
    });

    [Fact]
    public async Task It_takes_a_shard() =>
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await UnixConnector.ConnectAsync(UnixPeers.AnyAbstractName()));

    private static async Task<SocketException> FailAsync(UnixDomainSocketEndPoint endPoint) =>
        await Assert.ThrowsAsync<SocketException>(async () => await UnixConnector.ConnectAsync(endPoint));
}
