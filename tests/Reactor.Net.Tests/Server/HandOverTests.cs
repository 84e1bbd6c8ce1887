using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

/// <summary>Connections on their way from the shard that accepted them to the one that is to serve them: none is lost, whatever stops meanwhile.</summary>
[Collection(Alone.Name)]
public sealed class HandOverTests
{
    private static readonly TcpServerOptions s_handingOver = new() { Distribution = ConnectionDistribution.LeastConnections };

    [Fact]
    public async Task Stopping_the_server_while_connections_are_handed_over_leaks_no_descriptor()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(2));
        await PourAndStopAsync(host, server => server.StopAsync(new CancellationToken(true)));
        int descriptors = ProcessState.SettledDescriptorCount();

        for (int i = 0; i < 20; i++)
        {
            await PourAndStopAsync(host, server => server.StopAsync(new CancellationToken(true)));
        }

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
    }

    [Fact]
    public async Task Stopping_the_host_while_connections_are_handed_over_leaks_no_descriptor()
    {
        await PourAndStopHostAsync();
        int descriptors = ProcessState.SettledDescriptorCount();

        for (int i = 0; i < 20; i++)
        {
            await PourAndStopHostAsync();
        }

        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");

        static async Task PourAndStopHostAsync()
        {
            await using ReactorHost host = ReactorHost.Start(Hosts.Options(2));
            await PourAndStopAsync(host, _ => host.StopAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_for_a_shard_that_is_busy_while_all_stops_are_ended(bool stopsHost)
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(2));
        TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, s_handingOver);
        using var isBusy = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        host.Shards[1].Post(() =>
        {
            isBusy.Set();
            goOn.Wait();
        });
        isBusy.Wait();
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsEqualAsync(10, () => server.GetShardStatistics()[1].Active, "connections on their way to shard 1");

        Task stopping = stopsHost ? host.StopAsync() : server.StopAsync(new CancellationToken(true));
        goOn.Set();
        await stopping.WaitAsync(Eventually.Promptly);

        foreach (Socket peer in peers)
        {
            await peer.AssertSeesResetAsync();
            peer.Dispose();
        }

        Assert.Equal(0, server.GetStatistics().Active);
        await server.StopAsync().WaitAsync(Eventually.Promptly);
    }

    [Fact]
    public async Task A_shard_of_a_server_that_has_stopped_refuses_what_comes_late()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(2));
        var limit = new ConnectionLimit(1);
        var stopped = new ServerShard<TcpConnection>(host.Shards[1], (_, _) => throw new InvalidOperationException("It must not be served."), limit, proxyProtocol: null, handlerFailed: null);
        await host.Shards[1].InvokeAsync(() => stopped.StopAsync(CancellationToken.None));

        using Socket peer = await AcceptAndGiveToAsync(host, stopped);

        await peer.AssertSeesResetAsync();
        await Eventually.IsEqualAsync(0L, () => stopped.Connections, "connections of the shard");
    }

    [Fact]
    public async Task A_shard_that_has_stopped_is_given_nothing()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        ReactorHost other = ReactorHost.Start(Hosts.Options(1));
        var stopped = new ServerShard<TcpConnection>(other.Shards[0], (_, _) => throw new InvalidOperationException("It must not be served."), limit: null, proxyProtocol: null, handlerFailed: null);
        await other.StopAsync();

        using Socket peer = await AcceptAndGiveToAsync(host, stopped);

        await peer.AssertSeesResetAsync();
        await Eventually.IsEqualAsync(0L, () => stopped.Connections, "connections of the shard");
    }

    [Fact]
    public async Task A_handler_that_stops_its_server_at_once_has_nothing_accepted_on_the_number_of_its_listener()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        TcpServer? server = null;
        Socket? second = null;
        Task<TcpConnection>? accepting = null;
        var isReady = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, connection =>
        {
            // Before the first await: the acceptor goes on when this returns. The kernel gives the lowest number that is free.
            _ = server!.StopAsync();
            TcpConnectionListener other = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
            second = Peers.Create(other.LocalEndPoint);
            second.Connect(other.LocalEndPoint);
            accepting = other.AcceptAsync().AsTask();
            isReady.SetResult();
            return Task.CompletedTask;
        });
        using Socket first = await Peers.ConnectAsync(server.EndPoint);
        await isReady.Task.WaitAsync(Eventually.Promptly);

        Assert.Equal(second!.LocalEndPoint, (await accepting!.WaitAsync(Eventually.Promptly)).RemoteEndPoint);
        second.Dispose();
        await server.StopAsync().WaitAsync(Eventually.Promptly);
    }

    /// <summary>Accepts one connection on the host's first shard, and hands it over.</summary>
    private static async Task<Socket> AcceptAndGiveToAsync(ReactorHost host, ServerShard<TcpConnection> target)
    {
        Socket? peer = null;
        await host.Shards[0].InvokeAsync(async () =>
        {
            using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
            peer = await Peers.ConnectAsync(listener.LocalEndPoint);
            await listener.WaitForConnectionAsync();
            Assert.False(listener.TryAccept(out AcceptedSocket socket).IsError);
            target.Take(socket, listener);
        });
        return peer!;
    }

    private static async Task PourAndStopAsync(ReactorHost host, Func<TcpServer, Task> stopAsync)
    {
        TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, Handlers.EchoAsync, s_handingOver);
        bool done = false;
        Task[] pouring = [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    Pour(server.EndPoint);
                }
            },
            TaskCreationOptions.LongRunning))];
        await Eventually.IsTrueAsync(() => server.GetStatistics().Accepted > 20, "connections come");

        await stopAsync(server).WaitAsync(Eventually.Promptly);
        await server.StopAsync().WaitAsync(Eventually.Promptly);

        Volatile.Write(ref done, true);
        await Task.WhenAll(pouring);
        Assert.Equal(0, server.GetStatistics().Active);
    }

    private static void Pour(IPEndPoint server)
    {
        using Socket peer = Peers.Create(server);
        try
        {
            peer.Connect(server);
        }
        catch (SocketException)
        {
            // Refused, or reset in the backlog: the server has stopped.
        }

        peer.Reset();
    }
}
