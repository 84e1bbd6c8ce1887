using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class ConnectionLimitOnOneShardTests() : ConnectionLimitTests(1, ConnectionDistribution.ReusePort);

public sealed class ConnectionLimitOnTwoShardsTests() : ConnectionLimitTests(2, ConnectionDistribution.ReusePort);

public sealed class ConnectionLimitOnFourShardsTests() : ConnectionLimitTests(4, ConnectionDistribution.ReusePort);

public sealed class ConnectionLimitWithOneAcceptorTests() : ConnectionLimitTests(2, ConnectionDistribution.LeastConnections);

public abstract class ConnectionLimitTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    [Fact]
    public async Task At_the_limit_others_wait_until_a_connection_ends()
    {
        await using TcpServer server = await StartAsync(Handlers.TellShardAsync, new TcpServerOptions { MaxConnections = 3 });
        List<Socket> waiting = [.. await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Peers.ConnectAsync(server.EndPoint)))];
        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Active: 3, LimitPauses: > 0 }, "accepting pauses");

        while (waiting.Count > 0)
        {
            await Eventually.IsEqualAsync(Math.Min(3, waiting.Count), () => waiting.Count(peer => peer.Available > 0), "clients that are served");
            await AwaitShardsAsync();
            Assert.Equal(Math.Min(3, waiting.Count), waiting.Count(peer => peer.Available > 0));
            Socket served = waiting.First(peer => peer.Available > 0);
            served.Dispose();
            waiting.Remove(served);
        }

        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Active: 0, Accepted: 10 }, "all have been served");
    }

    [Fact]
    public async Task There_are_never_more_connections_than_the_limit_however_they_come_and_go()
    {
        int now = 0;
        int most = 0;
        await using TcpServer server = await StartAsync(
            async connection =>
            {
                int count = Interlocked.Increment(ref now);
                for (int seen = Volatile.Read(ref most); seen < count; seen = Volatile.Read(ref most))
                {
                    Interlocked.CompareExchange(ref most, count, seen);
                }

                try
                {
                    await Task.Yield();
                    await connection.SendAsync("x"u8.ToArray());
                }
                finally
                {
                    Interlocked.Decrement(ref now);
                }
            },
            new TcpServerOptions { MaxConnections = 3 });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                using Socket peer = await Peers.ConnectAsync(server.EndPoint);
                if (i % 5 == 0)
                {
                    // Gone, perhaps before it was accepted.
                    peer.Reset();
                }
                else
                {
                    Assert.Single(await peer.ReceiveToEndAsync());
                }
            }
        }))).WaitAsync(Eventually.Patience);

        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Active: 0, Accepted: 400 }, "all have been served");
        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task The_only_place_goes_to_whichever_shard_needs_it()
    {
        await using TcpServer server = await StartAsync(Handlers.EchoAsync, new TcpServerOptions { MaxConnections = 1 });
        for (int i = 0; i < 40; i++)
        {
            using Socket peer = await Peers.ConnectAsync(server.EndPoint);
            await Handlers.AssertEchoesAsync(peer);
        }
    }

    [Fact]
    public async Task A_shard_that_waits_gets_its_turn_while_another_has_clients_enough()
    {
        // With one place and a listener for each shard, the shards whose clients wait take turns.
        await using TcpServer server = await StartAsync(Handlers.TellShardAsync, new TcpServerOptions { MaxConnections = 1 });
        List<Socket> waiting = [.. await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Peers.ConnectAsync(server.EndPoint)))];
        var order = new List<int>();
        while (waiting.Count > 0)
        {
            await Eventually.IsTrueAsync(() => waiting.Any(peer => peer.Available > 0), "a client is served");
            await AwaitShardsAsync();
            Socket served = waiting.Single(peer => peer.Available > 0);
            order.Add(await Handlers.AskShardAsync(served));
            served.Dispose();
            waiting.Remove(served);
        }

        // Between two clients of a shard, each other shard that still has clients gets one.
        if (Distribution == ConnectionDistribution.ReusePort)
        {
            for (int i = ShardCount; i < order.Count; i++)
            {
                int before = order.LastIndexOf(order[i], i - 1);
                var between = order.Skip(before + 1).Take(i - before - 1).ToHashSet();
                Assert.All(order.Skip(i).ToHashSet(), other => Assert.True(other == order[i] || before < 0 || between.Contains(other), $"shard {other} is passed over at {i} of {string.Join(' ', order)}"));
            }
        }

        Assert.Equal(40, order.Count);
    }

    [Fact]
    public async Task A_handler_that_fails_gives_its_place_back()
    {
        await using TcpServer server = await StartAsync(Task (TcpConnection _) => throw new InvalidDataException("at once"), new TcpServerOptions { MaxConnections = 1 });
        for (int i = 0; i < 5; i++)
        {
            await Peers.AssertConnectIsResetAsync(server.EndPoint);
        }

        await Eventually.IsEqualAsync(5, () => server.GetStatistics().HandlerFailures, "handler failures");
        Assert.Equal(5, TakeUnhandled().Count);
    }

    [Fact]
    public async Task A_server_at_its_limit_stops_and_resets_those_who_wait()
    {
        TcpServer server = await StartAsync(Handlers.TellShardAsync, new TcpServerOptions { MaxConnections = 2 });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsEqualAsync(2, () => peers.Count(peer => peer.Available > 0), "clients that are served");

        await server.StopAsync(new CancellationToken(true)).WaitAsync(Eventually.Promptly);

        foreach (Socket peer in peers)
        {
            await peer.AssertSeesResetAsync();
            peer.Dispose();
        }

        await AssertNothingIsLeftAsync();
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Fact]
    public async Task A_host_that_stops_under_a_server_at_its_limit_ends_in_time()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync, new TcpServerOptions { MaxConnections = 2 });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Active: 2, LimitPauses: > 0 }, "accepting pauses");

        await Host.StopAsync().WaitAsync(Eventually.Promptly);
        await server.StopAsync().WaitAsync(Eventually.Promptly);

        foreach (Socket peer in peers)
        {
            await peer.AssertSeesResetAsync();
            peer.Dispose();
        }
    }
}
