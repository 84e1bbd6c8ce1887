using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

/// <summary>What the process and the machine had before, they have afterwards.</summary>
[Collection(Alone.Name)]
public sealed class LeakTests
{
    [Theory]
    [InlineData(1, ConnectionDistribution.ReusePort, 20)]
    [InlineData(2, ConnectionDistribution.ReusePort, 10)]
    [InlineData(2, ConnectionDistribution.LeastConnections, 10)]
    public async Task Descriptors_and_AIO_contexts_are_back_after_a_host_has_served_and_stopped(int shards, ConnectionDistribution distribution, int rounds)
    {
        await ServeAsync(shards, distribution, rounds: 1);
        int descriptors = ProcessState.SettledDescriptorCount();
        int contexts = ProcessState.AioContexts;

        await ServeAsync(shards, distribution, rounds);

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        await Eventually.IsEqualAsync(contexts, () => ProcessState.AioContexts, "AIO contexts of the process");
    }

    [Theory]
    [InlineData(1, ConnectionDistribution.ReusePort)]
    [InlineData(2, ConnectionDistribution.ReusePort)]
    [InlineData(2, ConnectionDistribution.LeastConnections)]
    public async Task Descriptors_are_back_after_a_host_has_stopped_over_open_connections(int shards, ConnectionDistribution distribution)
    {
        await StopOverConnectionsAsync(shards, distribution);
        int descriptors = ProcessState.SettledDescriptorCount();
        int contexts = ProcessState.AioContexts;

        for (int i = 0; i < 10; i++)
        {
            await StopOverConnectionsAsync(shards, distribution);
        }

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        await Eventually.IsEqualAsync(contexts, () => ProcessState.AioContexts, "AIO contexts of the process");
    }

    [Fact]
    public async Task Failed_listens_connects_and_cancelled_accepts_give_their_descriptors_back()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await host.Shards[0].InvokeAsync(FailAsync);
        int descriptors = ProcessState.SettledDescriptorCount();

        for (int i = 0; i < 20; i++)
        {
            await host.Shards[0].InvokeAsync(FailAsync);
        }

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");

        static async Task FailAsync()
        {
            using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
            Assert.Throws<SocketException>(() => TcpConnectionListener.Listen(listener.LocalEndPoint));
            using var cancellation = new CancellationTokenSource();
            Task<TcpConnection> accepting = listener.AcceptAsync(cancellation.Token).AsTask();
            await Task.Yield();
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
            listener.Dispose();
            await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync(listener.LocalEndPoint));
        }
    }

    private static async Task ServeAsync(int shards, ConnectionDistribution distribution, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await using ReactorHost host = ReactorHost.Start(Hosts.Options(shards));
            await using TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, new TcpServerOptions { Distribution = distribution });
            Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
            await Task.WhenAll(peers.Select(peer => Handlers.AssertEchoesAsync(peer)));
            for (int i = 0; i < peers.Length; i++)
            {
                if (i % 2 == 0)
                {
                    peers[i].Reset();
                }
                else
                {
                    peers[i].ShutdownSend();
                    await peers[i].AssertSeesFinAsync();
                    peers[i].Dispose();
                }
            }

            await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");

            int listeners = distribution == ConnectionDistribution.LeastConnections ? 1 : shards;
            await Eventually.IsTrueAsync(() => host.Shards.All(shard => shard.HoldsOnly(shard.Id < listeners ? 2 : 1)), "the shards hold their wake-ups and listeners");
            await server.StopAsync();
            await Eventually.IsTrueAsync(() => host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold their wake-ups");
        }
    }

    private static async Task StopOverConnectionsAsync(int shards, ConnectionDistribution distribution)
    {
        ReactorHost host = ReactorHost.Start(Hosts.Options(shards));
        TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, new TcpServerOptions { Distribution = distribution });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsEqualAsync(20, () => server.GetStatistics().Active, "active connections");

        await host.StopAsync();

        Array.ForEach(peers, peer => peer.Dispose());
    }
}
