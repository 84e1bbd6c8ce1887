using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class ServerTests : ShardTest
{
    private const int Shards = 3;

    protected override int ShardCount => Shards;

    [Theory]
    [InlineData(ConnectionDistribution.LeastConnections)]
    [InlineData(ConnectionDistribution.RoundRobin)]
    public async Task A_burst_is_spread_evenly_over_the_shards(ConnectionDistribution distribution)
    {
        await using UnixServer server = await StartAsync(Handlers.TellShardAsync, new UnixServerOptions { Distribution = distribution });
        Socket[] peers = [.. Enumerable.Range(0, 10 * Shards).Select(_ => UnixPeers.Connect(server.EndPoint))];

        int[] served = await Task.WhenAll(peers.Select(Handlers.AskShardAsync));

        Assert.All(Enumerable.Range(0, Shards), shard => Assert.Equal(10, served.Count(one => one == shard)));
        Assert.All(server.GetShardStatistics(), one => Assert.Equal((10, 10), (one.Accepted, one.Active)));
        Assert.Equal(1, server.GetStatistics().AcceptedSkew);
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Fact]
    public async Task By_default_the_shard_with_the_fewest_gets_the_next()
    {
        await using UnixServer server = await StartAsync(Handlers.TellShardAsync);
        Socket[] peers = [.. Enumerable.Range(0, 3 * Shards).Select(_ => UnixPeers.Connect(server.EndPoint))];
        int[] shardOf = await Task.WhenAll(peers.Select(Handlers.AskShardAsync));
        for (int i = 0; i < peers.Length; i++)
        {
            if (shardOf[i] == 1)
            {
                peers[i].Dispose();
            }
        }

        await Eventually.IsEqualAsync(2 * 3, () => server.GetStatistics().Active, "active connections");

        for (int i = 0; i < 3; i++)
        {
            peers[i] = UnixPeers.Connect(server.EndPoint);
            Assert.Equal(1, await Handlers.AskShardAsync(peers[i]));
        }
    }

    [Fact]
    public async Task A_connection_that_was_handed_over_is_a_connection_like_any_other()
    {
        using var directory = new TemporaryDirectory();
        await using UnixServer server = await UnixServer.StartAsync(Host, directory.EndPoint(), async connection =>
        {
            Assert.Equal(Environment.ProcessId, connection.PeerCredentials.ProcessId);
            Assert.Equal(directory.EndPoint(), connection.LocalEndPoint);
            Assert.Equal(20_000, connection.SendBufferSize);
            await Handlers.EchoAsync(connection);
        }, new UnixServerOptions { Listener = { Connection = { SendBufferSize = 10_000 } } });

        for (int i = 0; i < Shards; i++)
        {
            using Socket peer = UnixPeers.Connect(server.EndPoint);
            await Handlers.AssertEchoesAsync(peer, new string('x', 30_000));
            peer.ShutdownSend();
            await peer.AssertSeesFinAsync();
        }
    }

    [Fact]
    public async Task Stopping_removes_the_file_tells_the_handlers_and_waits_for_them()
    {
        using var directory = new TemporaryDirectory();
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int told = 0;
        UnixServer server = await UnixServer.StartAsync(Host, directory.EndPoint(), async (connection, stopping) =>
        {
            using CancellationTokenRegistration registration = stopping.Register(() => Interlocked.Increment(ref told));
            await finish.Task;
            await connection.SendAsync("last"u8.ToArray(), CancellationToken.None);
        });
        using Socket first = UnixPeers.Connect(server.EndPoint);
        using Socket second = UnixPeers.Connect(server.EndPoint);
        await Eventually.IsEqualAsync(2, () => server.GetStatistics().Active, "active connections");

        Task stopping = server.StopAsync();
        await Eventually.IsEqualAsync(2, () => Volatile.Read(ref told), "handlers that were told");
        Assert.False(File.Exists(directory["s"]));
        Assert.False(stopping.IsCompleted);
        finish.SetResult();

        await stopping.WaitAsync(Eventually.Promptly);
        Assert.Equal("last"u8.ToArray(), await first.ReceiveToEndAsync());
        Assert.Equal("last"u8.ToArray(), await second.ReceiveToEndAsync());
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task What_does_not_end_by_the_deadline_is_aborted()
    {
        UnixServer server = await StartAsync(Handlers.EchoAsync);
        using Socket idle = UnixPeers.Connect(server.EndPoint);
        await Handlers.AssertEchoesAsync(idle);

        await server.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Eventually.Promptly);

        await idle.AssertSeesFinAsync();
        Assert.Equal(1, server.GetStatistics().ConnectionFailures);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_handler_that_throws_ends_its_connection_and_is_told()
    {
        await using UnixServer server = await StartAsync(static _ => throw new InvalidDataException("on purpose"));
        using Socket peer = UnixPeers.Connect(server.EndPoint);

        await peer.AssertSeesFinAsync();

        await Eventually.IsEqualAsync(1, () => UnhandledCount, "exceptions that were told");
        Assert.Equal("on purpose", Assert.Single(TakeUnhandled()).Message);
    }

    [Fact]
    public async Task At_the_limit_clients_wait_in_the_backlog()
    {
        await using UnixServer server = await StartAsync(Handlers.EchoAsync, new UnixServerOptions { MaxConnections = 2 });
        using Socket first = UnixPeers.Connect(server.EndPoint);
        using Socket second = UnixPeers.Connect(server.EndPoint);
        await Handlers.AssertEchoesAsync(first);
        await Handlers.AssertEchoesAsync(second);
        using Socket third = UnixPeers.Connect(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().LimitPauses, "pauses");
        Assert.Equal(2, server.GetStatistics().Active);

        first.Dispose();

        await Handlers.AssertEchoesAsync(third);
    }

    [Theory]
    [InlineData(ConnectionDistribution.ReusePort)]
    [InlineData(ConnectionDistribution.ClientPort)]
    [InlineData(ConnectionDistribution.IncomingCpu)]
    public async Task What_needs_ports_or_several_listeners_is_refused(ConnectionDistribution distribution)
    {
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(Handlers.EchoAsync, new UnixServerOptions { Distribution = distribution }));

        Assert.Equal(nameof(UnixServerOptions.Distribution), refusal.ParamName);
        Assert.Contains($"UnixServerOptions.Distribution is {distribution}", refusal.Message);
    }

    [Fact]
    public async Task Starting_on_a_path_in_use_fails_and_leaves_the_other_alone()
    {
        using var directory = new TemporaryDirectory();
        await using UnixServer server = await UnixServer.StartAsync(Host, directory.EndPoint(), Handlers.EchoAsync);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => UnixServer.StartAsync(Host, directory.EndPoint(), Handlers.EchoAsync));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        using Socket peer = UnixPeers.Connect(directory.EndPoint());
        await Handlers.AssertEchoesAsync(peer);
    }

    [Fact]
    public async Task A_server_can_be_started_again_and_again_on_its_path()
    {
        using var directory = new TemporaryDirectory();
        for (int i = 0; i < 20; i++)
        {
            await using UnixServer server = await UnixServer.StartAsync(Host, directory.EndPoint(), Handlers.EchoAsync);
            using Socket peer = UnixPeers.Connect(directory.EndPoint());
            await Handlers.AssertEchoesAsync(peer);
        }
    }

    private Task AssertNothingIsLeftAsync() => Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");

    private Task<UnixServer> StartAsync(Func<UnixConnection, Task> handler, UnixServerOptions? options = null) =>
        UnixServer.StartAsync(Host, UnixPeers.AnyAbstractName(), handler, options);
}
