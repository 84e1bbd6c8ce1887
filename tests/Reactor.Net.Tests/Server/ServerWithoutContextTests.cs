using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

/// <summary>A host without the synchronization context: awaits of our own operations stay on the shard all the same.</summary>
public sealed class ServerWithoutContextTests : ShardTest
{
    protected override bool UseSynchronizationContext => false;

    [Fact]
    public async Task Connections_are_served()
    {
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, async connection =>
        {
            Assert.Null(SynchronizationContext.Current);
            byte[] buffer = new byte[16];
            while (await connection.ReceiveAsync(buffer) is var received and > 0)
            {
                Assert.Same(Shard, Reactor.Shard.Current);
                await connection.SendAsync(buffer.AsMemory(0, received));
            }
        });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Peers.ConnectAsync(server.EndPoint)));

        await Task.WhenAll(peers.Select(peer => Handlers.AssertEchoesAsync(peer)));

        Array.ForEach(peers, peer => peer.Dispose());
        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task A_handler_that_awaits_something_foreign_ends_elsewhere_and_is_closed_all_the_same()
    {
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, async connection =>
        {
            await connection.SendAsync("off"u8.ToArray());
            await Task.Run(() => { });
            await Task.Delay(1);
            Assert.Null(Reactor.Shard.Current);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        Assert.Equal("off"u8.ToArray(), await peer.ReceiveToEndAsync().WaitAsync(Eventually.Promptly));

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
    }

    [Fact]
    public async Task The_deadline_aborts_what_is_left()
    {
        TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);
        using var deadline = new CancellationTokenSource(10);

        await server.StopAsync(deadline.Token).WaitAsync(Eventually.Promptly);

        await peer.AssertSeesResetAsync();
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Fact]
    public async Task A_connect_stays_on_the_shard()
    {
        using Socket listener = Peers.Create(Peers.AnyLoopbackPort);
        listener.Bind(Peers.AnyLoopbackPort);
        listener.Listen();

        await OnShard(async () =>
        {
            using TcpConnection ours = await TcpConnector.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndPoint!);
            Assert.Same(Shard, Reactor.Shard.Current);
        });
    }
}
