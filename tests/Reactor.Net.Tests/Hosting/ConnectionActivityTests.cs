using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Tests.Hosting;

/// <summary>Each connection is an activity, if somebody listens. Listeners are the whole process's.</summary>
[Collection(Alone.Name)]
public sealed class ConnectionActivityTests
{
    private const string AnyPort = "127.0.0.1:0";

    [Fact]
    public async Task A_connection_is_an_activity_with_the_attributes_of_its_network()
    {
        using var listener = new Listener();
        Activity? current = null;
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer("echo", AnyPort, async (connection, _) =>
        {
            current = Activity.Current;
            await Handlers.EchoAsync(connection);
            Assert.Same(current, Activity.Current);
        }));
        IPEndPoint endPoint = application.Servers["echo"].EndPoint;
        using Socket peer = await Peers.ConnectAsync(endPoint);
        await Handlers.AssertEchoesAsync(peer);
        Assert.Empty(listener.Stopped);
        peer.ShutdownSend();
        await peer.AssertSeesFinAsync();

        Activity activity = Assert.Single(listener.Stopped);
        Assert.Same(current, activity);
        Assert.Equal("Reactor.Net.Connection", activity.OperationName);
        Assert.Equal(ActivityKind.Server, activity.Kind);
        Assert.Equal(ActivityStatusCode.Unset, activity.Status);
        Assert.Null(activity.Parent);
        var local = (IPEndPoint)peer.LocalEndPoint!;
        var expected = new Dictionary<string, object?>
        {
            ["network.transport"] = "tcp",
            ["network.type"] = "ipv4",
            ["network.local.address"] = "127.0.0.1",
            ["network.local.port"] = endPoint.Port,
            ["network.peer.address"] = "127.0.0.1",
            ["network.peer.port"] = local.Port,
            ["reactor.server"] = "echo",
        };
        Assert.Equal(expected, activity.TagObjects.Where(tag => tag.Key != "reactor.shard").ToDictionary());
        Assert.InRange(Assert.IsType<int>(activity.GetTagItem("reactor.shard")), 0, 1);
    }

    [Theory]
    [InlineData(true, "ConnectionReset")]
    [InlineData(false, "System.IO.InvalidDataException")]
    public async Task An_activity_says_how_its_connection_failed(bool isReset, string type)
    {
        using var listener = new Listener();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer(
            "server",
            AnyPort,
            async (connection, _) =>
            {
                await Handlers.EchoAsync(connection);
                throw new InvalidDataException("bad");
            }));
        using Socket peer = await Peers.ConnectAsync(application.Servers["server"].EndPoint);
        await Handlers.AssertEchoesAsync(peer);
        if (isReset)
        {
            peer.Reset();
        }
        else
        {
            peer.ShutdownSend();
        }

        await Eventually.IsEqualAsync(1, () => listener.Stopped.Count, "activities stopped");
        Activity activity = listener.Stopped.Single();
        Assert.Equal(ActivityStatusCode.Error, activity.Status);
        Assert.Equal(type, activity.GetTagItem("error.type"));
    }

    [Fact]
    public async Task An_IPv4_peer_of_a_dual_socket_is_IPv4()
    {
        using var listener = new Listener();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer("any", "[::]:0", (_, _) => Task.CompletedTask));
        using Socket peer = await Peers.ConnectAsync(new IPEndPoint(IPAddress.Loopback, application.Servers["any"].EndPoint.Port));
        await peer.AssertSeesFinAsync();

        Activity activity = listener.Stopped.Single();
        Assert.Equal(("ipv4", "127.0.0.1"), (activity.GetTagItem("network.type"), activity.GetTagItem("network.peer.address")));
    }

    [Fact]
    public async Task Connections_of_a_server_without_an_application_are_activities_too()
    {
        using var listener = new Listener();
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await using TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, _ => Task.CompletedTask);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.AssertSeesFinAsync();

        Assert.Equal(0, listener.Stopped.Single().GetTagItem("reactor.shard"));
    }

    [Fact]
    public async Task Without_a_listener_there_is_none_and_nothing_is_allocated()
    {
        await using ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        await host.Shards[0].InvokeAsync(async () =>
        {
            using Pair pair = await Pair.AcceptAsync();
            Assert.Null(ConnectionActivity.Start(pair.Ours));
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                ConnectionActivity.End(ConnectionActivity.Start(pair.Ours), null);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        });
    }

    private sealed class Listener : IDisposable
    {
        private readonly ActivityListener _listener;

        internal Listener()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Reactor.Net",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Stopped.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        internal ConcurrentQueue<Activity> Stopped { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
