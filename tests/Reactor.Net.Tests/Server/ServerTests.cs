using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class ServerOnOneShardTests() : ServerTests(1, ConnectionDistribution.ReusePort);

public sealed class ServerOnTwoShardsTests() : ServerTests(2, ConnectionDistribution.ReusePort);

public sealed class ServerWithHandedOverConnectionsTests() : ServerTests(2, ConnectionDistribution.LeastConnections);

public abstract class ServerTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    [Fact]
    public async Task Each_connection_has_a_handler_on_the_shard()
    {
        int handlers = 0;
        await using TcpServer server = await StartAsync(async connection =>
        {
            Assert.Same(connection.Shard, Reactor.Shard.Current);
            Interlocked.Increment(ref handlers);
            await Handlers.EchoAsync(connection);
        });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Peers.ConnectAsync(server.EndPoint)));

        await Task.WhenAll(peers.Select((peer, i) => Handlers.AssertEchoesAsync(peer, $"peer {i}")));

        Assert.Equal(50, handlers);
        Assert.Equal((50, 50), (server.GetStatistics().Accepted, server.GetStatistics().Active));
        Array.ForEach(peers, peer => peer.Dispose());
        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task A_handler_that_returns_ends_its_connection_with_FIN()
    {
        await using TcpServer server = await StartAsync(async connection => await connection.SendAsync("bye"u8.ToArray()));
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        Assert.Equal("bye"u8.ToArray(), await peer.ReceiveToEndAsync().WaitAsync(Eventually.Promptly));
    }

    [Fact]
    public async Task A_handler_that_fails_resets_its_own_connection_and_is_reported_once()
    {
        await using TcpServer server = await StartAsync(async connection =>
        {
            byte[] buffer = new byte[16];
            while (await connection.ReceiveAsync(buffer) is var received and > 0)
            {
                if (buffer[0] == (byte)'!')
                {
                    throw new InvalidDataException("no exclamation marks");
                }

                await connection.SendAsync(buffer.AsMemory(0, received));
            }
        });
        using Socket other = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(other);
        using Socket failing = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(failing);

        await failing.SendAllAsync("!"u8.ToArray());

        await failing.AssertSeesResetAsync();
        await Handlers.AssertEchoesAsync(other, "as before");
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().HandlerFailures, "handler failures");
        Exception reported = Assert.Single(TakeUnhandled());
        Assert.IsType<InvalidDataException>(reported);
        Assert.Equal(0, server.GetStatistics().ConnectionFailures);
        using Socket late = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(late);
    }

    [Fact]
    public async Task A_handler_that_throws_before_its_first_await_is_treated_alike()
    {
        await using TcpServer server = await StartAsync(Task (TcpConnection _) => throw new InvalidDataException("at once"));
        for (int i = 0; i < 3; i++)
        {
            await Peers.AssertConnectIsResetAsync(server.EndPoint);
        }

        await Eventually.IsEqualAsync(3, () => server.GetStatistics().HandlerFailures, "handler failures");
        Assert.All(TakeUnhandled(), exception => Assert.IsType<InvalidDataException>(exception));
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Fact]
    public async Task A_handler_that_returns_no_task_fails_alone()
    {
        await using TcpServer server = await StartAsync(Task (TcpConnection _) => null!);

        await Peers.AssertConnectIsResetAsync(server.EndPoint);

        await Eventually.IsEqualAsync(1, () => server.GetStatistics().HandlerFailures, "handler failures");
        Assert.Single(TakeUnhandled());
    }

    [Fact]
    public async Task A_peer_that_resets_is_counted_and_not_reported()
    {
        await using TcpServer server = await StartAsync(Handlers.EchoAsync);
        Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);

        peer.Reset();

        await Eventually.IsEqualAsync(1, () => server.GetStatistics().ConnectionFailures, "connection failures");
        Assert.Equal((0, 0), (server.GetStatistics().Active, server.GetStatistics().HandlerFailures));
    }

    [Fact]
    public async Task A_handler_may_close_its_connection_itself()
    {
        await using TcpServer server = await StartAsync(connection =>
        {
            connection.Abort();
            return Task.CompletedTask;
        });

        await Peers.AssertConnectIsResetAsync(server.EndPoint);

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task A_handler_may_return_while_its_receive_is_pending()
    {
        await using TcpServer server = await StartAsync(async connection =>
        {
            ValueTask<int> receiving = connection.ReceiveAsync(new byte[16]);
            await NextTurn();
            Assert.False(receiving.IsCompleted);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        await peer.AssertSeesFinAsync();

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task Foreign_awaits_in_a_handler_come_home()
    {
        await using TcpServer server = await StartAsync(async connection =>
        {
            await Task.Run(() => { });
            Assert.Same(connection.Shard, Reactor.Shard.Current);
            await Handlers.EchoAsync(connection);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        await Handlers.AssertEchoesAsync(peer);
    }

    [Fact]
    public async Task A_handler_may_leave_the_shard_and_return_elsewhere()
    {
        await using TcpServer server = await StartAsync(async connection =>
        {
            await connection.SendAsync("first"u8.ToArray());
            await Task.Run(() => { }).ConfigureAwait(false);
            await Task.Delay(1).ConfigureAwait(false);
            Assert.Null(Reactor.Shard.Current);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        Assert.Equal("first"u8.ToArray(), await peer.ReceiveToEndAsync().WaitAsync(Eventually.Promptly));

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task A_handler_that_fails_off_the_shard_is_reported_and_resets_its_connection()
    {
        await using TcpServer server = await StartAsync(async _ =>
        {
            await Task.Run(() => { }).ConfigureAwait(false);
            throw new InvalidDataException("elsewhere");
        });

        await Peers.AssertConnectIsResetAsync(server.EndPoint);

        await Eventually.IsEqualAsync(1, () => server.GetStatistics().HandlerFailures, "handler failures");
        Assert.Single(TakeUnhandled());
    }

    [Fact]
    public async Task A_server_that_cannot_listen_tells_why()
    {
        await using TcpServer first = await StartAsync(Handlers.EchoAsync);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => TcpServer.StartAsync(Host, first.EndPoint, Handlers.EchoAsync));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains(first.EndPoint.ToString(), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_a_stopped_host_cannot_start()
    {
        await Host.StopAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => StartAsync(Handlers.EchoAsync));
    }

    [Fact]
    public Task A_server_can_be_started_and_stopped_on_the_shard_itself() => OnShard(async () =>
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);
        using (Socket peer = await Peers.ConnectAsync(server.EndPoint))
        {
            await Handlers.AssertEchoesAsync(peer);
        }

        await server.StopAsync();

        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public async Task Several_servers_live_side_by_side()
    {
        await using TcpServer first = await StartAsync(Handlers.EchoAsync);
        await using TcpServer second = await TcpServer.StartAsync(Host, new IPEndPoint(IPAddress.IPv6Loopback, 0), Handlers.EchoAsync);
        using Socket one = await Peers.ConnectAsync(first.EndPoint);
        using Socket two = await Peers.ConnectAsync(second.EndPoint);

        await first.StopAsync(new CancellationToken(true));

        await one.AssertSeesResetAsync();
        await Handlers.AssertEchoesAsync(two);
    }

    [Fact]
    public async Task Statistics_read_from_another_thread_are_never_negative()
    {
        await using TcpServer server = await StartAsync(_ => Task.CompletedTask);
        bool done = false;
        Task<long> watching = Task.Run(() =>
        {
            long least = 0;
            while (!Volatile.Read(ref done))
            {
                least = Math.Min(least, server.GetStatistics().Active);
            }

            return least;
        });

        for (int i = 0; i < 100; i++)
        {
            Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
            Array.ForEach(peers, peer => peer.Reset());
        }

        Volatile.Write(ref done, true);
        Assert.Equal(0, await watching);
    }
}
