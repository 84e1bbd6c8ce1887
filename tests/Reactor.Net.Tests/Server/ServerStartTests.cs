using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class ServerStartOnTwoShardsTests() : ServerStartTests(2, ConnectionDistribution.ReusePort);

public sealed class ServerStartOnFourShardsTests() : ServerStartTests(4, ConnectionDistribution.ReusePort);

public sealed class ServerStartWithOneAcceptorTests() : ServerStartTests(2, ConnectionDistribution.ClientPort);

/// <summary>A port is had alone or not at all, although several listeners share it.</summary>
public abstract class ServerStartTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task All_listeners_have_the_port_that_the_kernel_chose_for_the_first(string address)
    {
        await using TcpServer server = await TcpServer.StartAsync(Host, new IPEndPoint(IPAddress.Parse(address), 0), Handlers.EchoAsync, Distributed());

        Assert.NotEqual(0, server.EndPoint.Port);
        Assert.Equal(IPAddress.Parse(address), server.EndPoint.Address);
        await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1 + Listeners(shard))), "each listener waits for connections");
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(Reachable(server.EndPoint))));
        await Task.WhenAll(peers.Select(peer => Handlers.AssertEchoesAsync(peer)));
        Array.ForEach(peers, peer => peer.Dispose());
    }

    [Fact]
    public async Task A_port_of_another_server_is_taken()
    {
        await using TcpServer first = await StartAsync(Handlers.EchoAsync);

        await AssertTakenAsync(first.EndPoint);
    }

    [Fact]
    public async Task A_port_of_another_host_of_this_user_is_taken()
    {
        await using ReactorHost other = ReactorHost.Start(Hosts.Options(2));
        await using TcpServer first = await TcpServer.StartAsync(other, Peers.AnyLoopbackPort, Handlers.EchoAsync);

        await AssertTakenAsync(first.EndPoint);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task A_port_that_others_would_share_is_taken_all_the_same(string address)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), 0);
        using Socket generous = Peers.Create(endPoint);
        generous.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
        generous.Bind(endPoint);
        generous.Listen();

        await AssertTakenAsync((IPEndPoint)generous.LocalEndPoint!);
    }

    [Fact]
    public async Task A_port_can_be_had_again_as_soon_as_the_server_has_stopped_although_its_connections_live_on_in_TIME_WAIT()
    {
        TcpServer first = await StartAsync(_ => Task.CompletedTask);
        for (int i = 0; i < 10; i++)
        {
            using Socket peer = await Peers.ConnectAsync(first.EndPoint);
            await peer.AssertSeesFinAsync();
        }

        await first.StopAsync().WaitAsync(Eventually.Promptly);
        await using TcpServer again = await TcpServer.StartAsync(Host, first.EndPoint, Handlers.EchoAsync, Distributed());

        Assert.Equal(first.EndPoint, again.EndPoint);
        using Socket late = await Peers.ConnectAsync(again.EndPoint);
        await Handlers.AssertEchoesAsync(late);
    }

    [Fact]
    public async Task A_start_on_a_host_that_stops_meanwhile_ends_either_way_and_leaves_nothing()
    {
        for (int i = 0; i < 20; i++)
        {
            ReactorHost host = ReactorHost.Start(Hosts.Options(2, pollBudget: 64));
            Task<TcpServer> starting = TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, Distributed());
            Task stopping = host.StopAsync();

            Exception? failure = await Record.ExceptionAsync(() => starting.WaitAsync(Eventually.Promptly));
            await stopping.WaitAsync(Eventually.Promptly);

            Assert.True(failure is null or ObjectDisposedException, $"{failure}");
            if (failure is null)
            {
                TcpServer server = await starting;
                await server.StopAsync().WaitAsync(Eventually.Promptly);
                using Socket peer = Peers.Create(server.EndPoint);
                Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => peer.Connect(server.EndPoint)).SocketErrorCode);
            }
        }
    }

    private async Task AssertTakenAsync(IPEndPoint endPoint)
    {
        long[] before = [.. Host.Shards.Select(shard => shard.GetStatistics().Descriptors)];

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => TcpServer.StartAsync(Host, endPoint, Handlers.EchoAsync, Distributed()));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains(endPoint.ToString(), exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Host.Shards.Select(shard => shard.GetStatistics().Descriptors));
    }

    private int Listeners(Shard shard) => shard.Id == 0 || Distribution == ConnectionDistribution.ReusePort ? 1 : 0;

    private static IPEndPoint Reachable(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port)
        : bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, bound.Port)
        : bound;
}
