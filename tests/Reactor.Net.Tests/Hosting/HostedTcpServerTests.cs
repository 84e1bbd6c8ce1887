using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Tests.Hosting;

/// <summary>TCP servers of an application, from their addresses to their end.</summary>
public sealed class HostedTcpServerTests
{
    private const string AnyPort = "127.0.0.1:0";

    [Fact]
    public async Task A_handler_serves_on_the_shard_of_its_connection_and_its_port_is_told()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<EchoHandler>(AnyPort));
        HostedTcpServer server = application.Servers[nameof(EchoHandler)];

        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);

        Assert.NotEqual(0, server.EndPoint.Port);
        Assert.Equal(1, server.GetStatistics().Accepted);
        Assert.Contains(server.EndPoint.ToString(), (await application.TakeAsync(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delegate_serves()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer("echo", AnyPort, (connection, _) => Handlers.EchoAsync(connection)));

        using Socket peer = await Peers.ConnectAsync(application.Servers["Echo"].EndPoint);
        await Handlers.AssertEchoesAsync(peer);
    }

    [Fact]
    public async Task Several_addresses_are_one_server_with_one_limit()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddTcpServer<EchoHandler>("echo", null),
            ("Reactor:Servers:echo:EndPoints:0", AnyPort),
            ("Reactor:Servers:echo:EndPoints:1", "[::1]:0"),
            ("Reactor:Servers:echo:MaxConnections", "2"),
            ("Reactor:Servers:echo:Distribution", "LeastConnections"));
        HostedTcpServer server = application.Servers["echo"];
        using Socket first = await Peers.ConnectAsync(server.EndPoints[0]);
        using Socket second = await Peers.ConnectAsync(server.EndPoints[1]);
        await Handlers.AssertEchoesAsync(first);
        await Handlers.AssertEchoesAsync(second);

        // The kernel takes it into the backlog; the server does not.
        using Socket third = await Peers.ConnectAsync(server.EndPoints[1]);
        await third.SendAllAsync("x"u8.ToArray());
        await Eventually.IsTrueAsync(() => server.GetStatistics().LimitPauses > 0, "the limit");
        Assert.Equal((2, 2), (server.GetStatistics().Accepted, server.GetShardStatistics().Count));

        first.Dispose();
        Assert.Equal("x"u8.ToArray(), await third.ReceiveExactlyAsync(1));
    }

    [Fact]
    public async Task Addresses_of_the_configuration_take_the_place_of_the_default()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddTcpServer<EchoHandler>("echo", "192.0.2.1:7"),
            ("Reactor:Servers:echo:EndPoints:0", AnyPort));

        Assert.Equal(IPAddress.Loopback, Assert.Single(application.Servers["echo"].EndPoints).Address);
    }

    [Fact]
    public async Task Localhost_is_both_loopback_addresses_on_one_port()
    {
        int port = FreePort();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<EchoHandler>("echo", $"localhost:{port}"));

        IReadOnlyList<IPEndPoint> endPoints = application.Servers["echo"].EndPoints;
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, port), endPoints);
        foreach (IPEndPoint endPoint in endPoints)
        {
            using Socket peer = await Peers.ConnectAsync(endPoint);
            await Handlers.AssertEchoesAsync(peer);
        }
    }

    [Fact]
    public async Task Servers_start_on_running_shards_in_groups_that_they_name()
    {
        SchedulingGroup? seen = null;
        await using TestApplication application = await TestApplication.StartAsync(
            services => services
                .AddTcpServer("one", AnyPort, (_, _) =>
                {
                    Volatile.Write(ref seen, SchedulingGroup.Current);
                    return Task.CompletedTask;
                })
                .AddTcpServer("two", AnyPort, (_, _) => Task.CompletedTask, options => options.SchedulingGroupName = "requests"),
            ("Reactor:Servers:one:SchedulingGroupName", "requests"),
            ("Reactor:Servers:one:SchedulingGroupShares", "250"));

        using Socket peer = await Peers.ConnectAsync(application.Servers["one"].EndPoint);
        await peer.AssertSeesFinAsync();

        Assert.Equal(("requests", 250), (seen!.Name, seen.Shares));
    }

    [Fact]
    public async Task Groups_are_given_up_with_the_application()
    {
        SchedulingGroup? seen = null;
        await using (TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer(
            "one",
            AnyPort,
            (_, _) =>
            {
                Volatile.Write(ref seen, SchedulingGroup.Current);
                return Task.CompletedTask;
            },
            options => options.SchedulingGroupName = "short-lived")))
        {
            using Socket peer = await Peers.ConnectAsync(application.Servers["one"].EndPoint);
            await peer.AssertSeesFinAsync();
        }

        Assert.True(seen!.IsDestroyed);
    }

    [Fact]
    public async Task A_server_that_stops_lets_its_connections_end()
    {
        var isAsked = new TaskCompletionSource();
        TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer("slow", AnyPort, async (connection, stopping) =>
        {
            await connection.SendAsync("a"u8.ToArray(), CancellationToken.None);
            var isStopping = new TaskCompletionSource();
            using (stopping.Register(isStopping.SetResult))
            {
                await isStopping.Task;
            }

            Assert.True(connection.Shard.IsOnShard);
            isAsked.SetResult();
            await connection.SendAsync("z"u8.ToArray(), CancellationToken.None);
        }));
        using Socket peer = await Peers.ConnectAsync(application.Servers["slow"].EndPoint);
        await peer.ReceiveExactlyAsync(1);

        Task stop = application.StopAsync();

        Assert.Equal("z"u8.ToArray(), await peer.ReceiveToEndAsync());
        await isAsked.Task;
        await stop;
        Assert.Empty(application.Log.Of("Reactor.Net", 6));
        Assert.Single(application.Log.Of("Reactor.Net", 2));
        await application.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_that_do_not_end_are_aborted_at_the_deadline_of_the_host_or_at_their_own(bool isHostsDeadline)
    {
        TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<EchoHandler>(
            "echo",
            AnyPort,
            options => options.DrainTimeout = isHostsDeadline ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(50)));
        using Socket peer = await Peers.ConnectAsync(application.Servers["echo"].EndPoint);
        await Handlers.AssertEchoesAsync(peer);
        using var deadline = new CancellationTokenSource();
        if (isHostsDeadline)
        {
            deadline.CancelAfter(50);
        }

        await application.StopAsync(deadline.Token);

        await peer.AssertSeesResetAsync();
        Assert.Contains("1 connections", Assert.Single(application.Log.Of("Reactor.Net", 6)).Message, StringComparison.Ordinal);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_handler_that_blocks_its_shard_for_good_does_not_keep_the_host_from_its_end()
    {
        using var release = new ManualResetEventSlim();
        var isBlocked = new TaskCompletionSource();
        TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer("stuck", AnyPort, (_, _) =>
        {
            isBlocked.SetResult();
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }));
        ReactorHost host = application.Reactor;
        using Socket peer = await Peers.ConnectAsync(application.Servers["stuck"].EndPoint);
        await isBlocked.Task.WaitAsync(Eventually.Patience);
        using var deadline = new CancellationTokenSource();
        deadline.Cancel();

        await application.StopAsync(deadline.Token);
        await application.DisposeAsync();

        Assert.Single(application.Log.Of("Reactor.Net", 7));
        Assert.Single(application.Log.Of("Reactor", 7));
        release.Set();
        await host.StopAsync().WaitAsync(Eventually.Patience);
    }

    [Fact]
    public void Names_are_given_once()
    {
        IServiceCollection services = new ServiceCollection().AddTcpServer<EchoHandler>(AnyPort);

        Assert.Throws<InvalidOperationException>(() => services.AddTcpServer<EchoHandler>("127.0.0.1:1"));
        services.AddTcpServer<EchoHandler>("other", AnyPort);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_told_with_those_that_are()
    {
        await using var application = new TestApplication(services => services.AddTcpServer<EchoHandler>("echo", AnyPort));

        KeyNotFoundException refusal = Assert.Throws<KeyNotFoundException>(() => application.Servers["ehco"]);
        Assert.Contains("echo", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => application.Servers["echo"].EndPoint);
        Assert.Equal(0, application.Servers["echo"].GetStatistics().Accepted);
    }

    private static int FreePort()
    {
        using Socket socket = Peers.Create(Peers.AnyLoopbackPort);
        socket.Bind(Peers.AnyLoopbackPort);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
