using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class DistributionOverTwoShardsTests() : DistributionTests(2);

public sealed class DistributionOverFourShardsTests() : DistributionTests(4);

/// <summary>Which shard serves a connection, for each way of choosing it.</summary>
public abstract class DistributionTests(int shards) : ShardTest
{
    protected override int ShardCount => shards;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task With_ReusePort_the_kernel_gives_each_shard_some_of_many_connections(string address)
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.ReusePort, IPAddress.Parse(address));
        Socket[] peers = await ConnectAsync(server, 200);

        int[] served = await CountByShardAsync(peers);

        Assert.Equal(200, served.Sum());
        Assert.DoesNotContain(0, served);
        AssertCounted(served, server);
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task With_ClientPort_the_client_chooses_by_its_port(string address)
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.ClientPort, IPAddress.Parse(address));
        for (int i = 0; i < 10 * shards; i++)
        {
            using Socket peer = await ConnectFromPortOfAsync(server, shard: i % shards);
            Assert.Equal(i % shards, await Handlers.AskShardAsync(peer));
        }

        Assert.All(server.GetShardStatistics(), one => Assert.Equal(10, one.Accepted));
    }

    [Fact]
    public async Task With_LeastConnections_a_burst_is_spread_evenly()
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.LeastConnections);
        Socket[] peers = await ConnectAsync(server, (10 * shards) + 1);

        int[] served = await CountByShardAsync(peers);

        Assert.Equal(10, served.Min());
        Assert.Equal(11, served.Max());
        AssertCounted(served, server);
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Fact]
    public async Task With_LeastConnections_a_shard_that_has_lost_some_gets_the_next_ones()
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.LeastConnections);
        Socket[] peers = await ConnectAsync(server, 5 * shards);
        int[] shardOf = await Task.WhenAll(peers.Select(Handlers.AskShardAsync));
        int last = shards - 1;
        Socket[] lost = [.. peers.Where((_, i) => shardOf[i] == last).Take(4)];
        Array.ForEach(lost, peer => peer.Dispose());
        await Eventually.IsEqualAsync((5 * shards) - 4, () => server.GetStatistics().Active, "active connections");

        Socket[] late = await ConnectAsync(server, 4);

        Assert.All(await Task.WhenAll(late.Select(Handlers.AskShardAsync)), shard => Assert.Equal(last, shard));
        Array.ForEach([.. peers, .. late], peer => peer.Dispose());
    }

    [Fact]
    public async Task With_LeastConnections_short_connections_go_round()
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.LeastConnections);
        int[] served = new int[shards];
        for (int i = 0; i < 3 * shards; i++)
        {
            using Socket peer = await Peers.ConnectAsync(server.EndPoint);
            served[await Handlers.AskShardAsync(peer)]++;
            peer.ShutdownSend();
            await peer.AssertSeesFinAsync();
            await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
        }

        Assert.All(served, count => Assert.Equal(3, count));
    }

    [Fact]
    public async Task With_RoundRobin_connections_go_round_whoever_has_how_many()
    {
        await using TcpServer server = await StartAsync(ConnectionDistribution.RoundRobin);
        using Socket lasting = await Peers.ConnectAsync(server.EndPoint);
        Assert.Equal(0, await Handlers.AskShardAsync(lasting));
        for (int i = 1; i < 3 * shards; i++)
        {
            using Socket peer = await Peers.ConnectAsync(server.EndPoint);
            Assert.Equal(i % shards, await Handlers.AskShardAsync(peer));
        }
    }

    [Theory]
    [InlineData(ConnectionDistribution.ReusePort)]
    [InlineData(ConnectionDistribution.LeastConnections)]
    [InlineData(ConnectionDistribution.RoundRobin)]
    [InlineData(ConnectionDistribution.ClientPort)]
    public async Task A_handler_that_fails_does_so_on_its_shard_and_the_others_serve_on(ConnectionDistribution distribution)
    {
        Shard? failedOn = null;
        await using TcpServer server = await TcpServer.StartAsync(
            Host,
            Peers.AnyLoopbackPort,
            async connection =>
            {
                await connection.SendAsync(new[] { (byte)connection.Shard.Id });
                if (connection.Shard.Id == 1 && await connection.ReceiveAsync(new byte[1]) > 0)
                {
                    failedOn = Reactor.Shard.Current;
                    throw new InvalidDataException("on shard 1");
                }

                await Handlers.EchoAsync(connection);
            },
            new TcpServerOptions { Distribution = distribution });
        Socket failing = await ConnectToAsync(server, shard: 1);
        using Socket other = await ConnectToAsync(server, shard: 0);

        await failing.SendAllAsync("!"u8.ToArray());

        await failing.AssertSeesResetAsync();
        await Handlers.AssertEchoesAsync(other);
        await Eventually.IsEqualAsync((0, 1), () => (server.GetShardStatistics()[0].HandlerFailures, server.GetShardStatistics()[1].HandlerFailures), "handler failures of shards 0 and 1");
        Assert.Same(Host.Shards[1], failedOn);
        Assert.IsType<InvalidDataException>(Assert.Single(TakeUnhandled()));
        using Socket late = await ConnectToAsync(server, shard: 1);
    }

    private Task<TcpServer> StartAsync(ConnectionDistribution distribution, IPAddress? address = null) =>
        TcpServer.StartAsync(Host, new IPEndPoint(address ?? IPAddress.Loopback, 0), Handlers.TellShardAsync, new TcpServerOptions { Distribution = distribution });

    private static Task<Socket[]> ConnectAsync(TcpServer server, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => Peers.ConnectAsync(server.EndPoint)));

    /// <summary>Connects until a connection is served by the shard that is wanted; the others end again.</summary>
    private async Task<Socket> ConnectToAsync(TcpServer server, int shard)
    {
        while (true)
        {
            // With ClientPort the first hits; to the others it makes no difference.
            Socket peer = await ConnectFromPortOfAsync(server, shard);
            if (await Handlers.AskShardAsync(peer) == shard)
            {
                return peer;
            }

            peer.Dispose();
        }
    }

    /// <summary>Connects from a port that belongs to the shard by its number, outside of what Linux gives out by itself.</summary>
    private async Task<Socket> ConnectFromPortOfAsync(TcpServer server, int shard)
    {
        while (true)
        {
            int port = (Random.Shared.Next(10_000, 30_000) / shards * shards) + shard;
            try
            {
                return await Peers.ConnectAsync(server.EndPoint, peer => peer.Bind(new IPEndPoint(server.EndPoint.Address, port)));
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable)
            {
                // Taken, or still in use by a connection that has just ended: another one, then.
            }
        }
    }

    private async Task<int[]> CountByShardAsync(Socket[] peers)
    {
        int[] shardOf = await Task.WhenAll(peers.Select(Handlers.AskShardAsync));
        return [.. Enumerable.Range(0, shards).Select(shard => shardOf.Count(served => served == shard))];
    }

    /// <summary>What the server counts is what its peers saw.</summary>
    private static void AssertCounted(int[] served, TcpServer server)
    {
        IReadOnlyList<ServerStatistics> counted = server.GetShardStatistics();
        Assert.Equal(served.Select(count => ((long)count, (long)count)), counted.Select(one => (one.Accepted, one.Active)));
        double skew = served.Max() / served.Average();
        Assert.Equal((served.Sum(), skew, skew), (server.GetStatistics().Accepted, server.GetStatistics().AcceptedSkew, server.GetStatistics().ActiveSkew));
    }
}
