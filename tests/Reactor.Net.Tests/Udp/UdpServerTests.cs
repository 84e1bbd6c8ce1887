using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpServerTests : ShardTest
{
    private const int Shards = 3;

    protected override int ShardCount => Shards;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.2")]
    [InlineData("::", "127.0.0.1")]
    public async Task Every_shard_serves_on_the_one_port_and_a_peer_stays_with_its_own(string bound, string asked)
    {
        await using UdpServer server = await UdpServer.StartAsync(Host, new IPEndPoint(IPAddress.Parse(bound), 0), TellShardAsync);
        HashSet<int> seen = [];
        for (int i = 0; i < 200 && seen.Count < Shards; i++)
        {
            using Socket peer = UdpPeers.Bind();
            int shard = await AskShardAsync(peer, server.EndPoint.At(asked));
            seen.Add(shard);
            for (int again = 0; again < 3; again++)
            {
                Assert.Equal(shard, await AskShardAsync(peer, server.EndPoint.At(asked)));
            }
        }

        Assert.Equal(Shards, seen.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_that_is_taken_is_an_error_even_if_whoever_has_it_would_share_it(bool sharing)
    {
        await Shard.InvokeAsync(async () =>
        {
            using UdpSocket other = UdpSocket.Bind(UdpPeers.AnyLoopbackPort, new UdpOptions { ReusePort = sharing });
            var options = new UdpServerOptions { Socket = { ReusePort = true } };
            SocketException exception = await Assert.ThrowsAsync<SocketException>(() => UdpServer.StartAsync(Host, other.LocalEndPoint, TellShardAsync, options));
            Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        });
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Sockets_that_ask_for_it_share_a_port()
    {
        IPEndPoint address = UdpPeers.AnyLoopbackPort;
        var sockets = new List<UdpSocket>();
        foreach (Shard shard in Host.Shards)
        {
            await shard.InvokeAsync(() =>
            {
                UdpSocket socket = UdpSocket.Bind(address, new UdpOptions { ReusePort = true });
                sockets.Add(socket);
                address = socket.LocalEndPoint;
            });
        }

        Assert.Single(sockets.Select(socket => socket.LocalEndPoint).Distinct());
        var answers = sockets.Select(socket => socket.Shard.InvokeAsync(() => TellShardAsync(socket, CancellationToken.None)).AsTask()).ToArray();
        HashSet<int> seen = [];
        for (int i = 0; i < 200 && seen.Count < Shards; i++)
        {
            using Socket peer = UdpPeers.Bind();
            seen.Add(await AskShardAsync(peer, address));
        }

        Assert.Equal(Shards, seen.Count);
        foreach (UdpSocket socket in sockets)
        {
            await socket.Shard.InvokeAsync(socket.Dispose);
        }

        await Assert.ThrowsAnyAsync<SocketException>(() => Task.WhenAll(answers));
    }

    [Fact]
    public async Task Stopping_tells_the_handlers_and_waits_for_them()
    {
        var told = new ConcurrentBag<int>();
        int running = 0;

        // Not to a port of the server's: a shard that has not been told yet would receive it.
        using Socket peer = UdpPeers.Bind();
        UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, async (socket, stopping) =>
        {
            Assert.Same(Shard.Current, socket.Shard);
            Interlocked.Increment(ref running);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await socket.ReceiveAsync(new byte[1], stopping));
            Assert.Same(Shard.Current, socket.Shard);

            // Still good for a farewell.
            await socket.SendToAsync(new byte[1], peer.Address(), CancellationToken.None);
            told.Add(socket.Shard.Id);
        });
        await Eventually.IsEqualAsync(Shards, () => Volatile.Read(ref running), "handlers that run");

        await Task.WhenAll(server.StopAsync(), server.StopAsync()).WaitAsync(Eventually.Promptly);

        Assert.Equal(Shards, told.Count);
        await AssertNothingIsLeftAsync();
        await server.DisposeAsync();

        // The port is free again.
        await using UdpServer next = await UdpServer.StartAsync(Host, server.EndPoint, TellShardAsync);
        Assert.Equal(server.EndPoint, next.EndPoint);
    }

    [Fact]
    public async Task A_cancellation_that_leaves_the_handler_is_no_failure()
    {
        int running = 0;
        UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, async (socket, stopping) =>
        {
            Interlocked.Increment(ref running);
            await socket.ReceiveAsync(new byte[1], stopping);
        });
        await Eventually.IsEqualAsync(Shards, () => Volatile.Read(ref running), "handlers that run");
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        Assert.Equal(0, UnhandledCount);
    }

    [Fact]
    public async Task At_the_deadline_sockets_are_closed_under_their_handlers()
    {
        int running = 0;
        UdpServer server = await UdpServer.StartAsync(
            Host,
            UdpPeers.AnyLoopbackPort,
            async (socket, _) =>
            {
                Interlocked.Increment(ref running);
                await socket.ReceiveAsync(new byte[1], CancellationToken.None);
            },
            new UdpServerOptions { DrainTimeout = TimeSpan.FromMilliseconds(1) });
        await Eventually.IsEqualAsync(Shards, () => Volatile.Read(ref running), "handlers that run");

        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);

        Assert.Equal(0, UnhandledCount);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_handler_that_fails_is_told_of_and_the_others_serve_its_peers()
    {
        await using UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, async (socket, stopping) =>
        {
            if (socket.Shard.Id == 1)
            {
                throw new InvalidDataException("on purpose");
            }

            await TellShardAsync(socket, stopping);
        });
        await Eventually.IsTrueAsync(() => UnhandledCount > 0 && Host.Shards[1].HoldsOnly(1), "the failure is told, and the socket closed");
        Assert.IsType<InvalidDataException>(Assert.Single(TakeUnhandled()));
        HashSet<int> seen = [];
        for (int i = 0; i < 30; i++)
        {
            using Socket peer = UdpPeers.Bind();
            seen.Add(await AskShardAsync(peer, server.EndPoint));
        }

        Assert.DoesNotContain(1, seen);
    }

    [Fact]
    public async Task A_socket_failure_of_a_handler_that_keeps_its_socket_is_told_of()
    {
        await using UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, static async (socket, stopping) =>
        {
            if (socket.Shard.Id == 1)
            {
                await socket.SendAsync(new byte[1], stopping);
            }
        });
        await Eventually.IsEqualAsync(1, () => UnhandledCount, "failures told");
        Assert.IsType<SocketException>(Assert.Single(TakeUnhandled()));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_handler_may_come_home_from_another_thread()
    {
        int running = 0;
        UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, async (socket, stopping) =>
        {
            Interlocked.Increment(ref running);
            await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.Null(Shard.Current);
        });
        await Eventually.IsEqualAsync(Shards, () => Volatile.Read(ref running), "handlers that run");
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Handlers_run_in_the_group_of_the_options()
    {
        SchedulingGroup group = SchedulingGroup.Create("udp", 200);
        var groups = new ConcurrentBag<SchedulingGroup>();
        await using UdpServer server = await UdpServer.StartAsync(
            Host,
            UdpPeers.AnyLoopbackPort,
            (_, _) =>
            {
                groups.Add(SchedulingGroup.Current);
                return Task.CompletedTask;
            },
            new UdpServerOptions { SchedulingGroup = group });
        await Eventually.IsEqualAsync(Shards, () => groups.Count, "handlers that have run");
        Assert.All(groups, each => Assert.Same(group, each));
        group.Destroy();
    }

    [Fact]
    public async Task A_host_that_stops_first_ends_the_handlers_and_leaves_the_server_nothing_to_do()
    {
        UdpServer server = await UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, TellShardAsync);
        await Host.StopAsync().WaitAsync(Eventually.Promptly);
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, TellShardAsync));
    }

    [Fact]
    public async Task Options_that_cannot_be_met_are_refused()
    {
        var options = new UdpServerOptions { DrainTimeout = TimeSpan.FromSeconds(-2) };
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, TellShardAsync, options));
        Assert.Contains(nameof(UdpServerOptions.DrainTimeout), exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentNullException>(() => UdpServer.StartAsync(Host, UdpPeers.AnyLoopbackPort, null!));
    }

    private static async Task TellShardAsync(UdpSocket socket, CancellationToken stopping)
    {
        byte[] buffer = new byte[1];
        while (true)
        {
            UdpReceived received = await socket.ReceiveAsync(buffer, stopping);
            buffer[0] = (byte)socket.Shard.Id;
            await socket.SendToAsync(buffer, received.From, received.Local, CancellationToken.None);
        }
    }

    private static async Task<int> AskShardAsync(Socket peer, IPEndPoint server)
    {
        await peer.SendToAsync("?"u8.ToArray(), server);
        (byte[] bytes, IPEndPoint from) = await peer.ReceiveOneAsync();
        Assert.Equal(server, from);
        return Assert.Single(bytes);
    }

    private Task AssertNothingIsLeftAsync() => Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
}
