using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Kestrel.Tests.Binding;

/// <summary>Where Kestrel listens, and what it says when it cannot.</summary>
public sealed class BindTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Port_0_becomes_the_port_that_the_kernel_chose(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);

        Assert.NotEqual(0, app.Addresses[0].Port);
        await AssertAnswersAsync(app.EndPoint);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task IPv6_is_served(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.Listen(IPAddress.IPv6Loopback, 0));

        await AssertAnswersAsync(new IPEndPoint(IPAddress.IPv6Loopback, app.Addresses[0].Port));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Localhost_is_both_loopback_addresses(Transport transport)
    {
        int port = FreePort();
        await using TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.ListenLocalhost(port));

        await AssertAnswersAsync(new IPEndPoint(IPAddress.Loopback, port));
        await AssertAnswersAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_Unix_domain_socket_is_served(Transport transport)
    {
        using var directory = new TemporaryDirectory();
        string path = directory["kestrel"];
        await using (TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.ListenUnixSocket(path)))
        {
            await AssertAnswersAsync(new UnixDomainSocketEndPoint(path));
        }

        Assert.False(File.Exists(path));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_socket_that_listens_already_is_taken_over(Transport transport)
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(16);
        var endPoint = (IPEndPoint)listening.LocalEndPoint!;

        ulong handle = (ulong)listening.Handle;
        await using (TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.ListenHandle(handle)))
        {
            await AssertAnswersAsync(endPoint);
        }

        // It stays its owner's, who accepts what comes next.
        using Client client = await Client.ConnectAsync(endPoint);
        using Socket accepted = await listening.AcceptAsync();
        Assert.Equal(client.Socket.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_Unix_domain_socket_that_listens_already_is_taken_over(Transport transport)
    {
        using var directory = new TemporaryDirectory();
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(directory.EndPoint());
        listening.Listen(16);
        ulong handle = (ulong)listening.Handle;
        await using TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.ListenHandle(handle));

        await AssertAnswersAsync(directory.EndPoint());
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Several_listeners_are_served_at_a_time(Transport transport)
    {
        using var directory = new TemporaryDirectory();
        await using TestApp app = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(directory["kestrel"]);
        });

        await AssertAnswersAsync(new IPEndPoint(IPAddress.Loopback, app.Addresses[0].Port));
        await AssertAnswersAsync(new IPEndPoint(IPAddress.Loopback, app.Addresses[1].Port));
        await AssertAnswersAsync(new UnixDomainSocketEndPoint(directory["kestrel"]));
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_address_in_use_is_told_as_such(Transport transport)
    {
        await using TestApp first = await TestApp.StartAsync(transport, Answer);
        int port = first.Addresses[0].Port;

        IOException exception = await Assert.ThrowsAsync<IOException>(() =>
            TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.Listen(IPAddress.Loopback, port)));
        Assert.IsType<AddressInUseException>(exception.InnerException);
        await AssertAnswersAsync(first.EndPoint);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task An_address_in_use_by_Kestrels_sockets_is_told_as_such(Transport transport)
    {
        await using TestApp first = await TestApp.StartAsync(Transport.Sockets, Answer);
        int port = first.Addresses[0].Port;

        IOException exception = await Assert.ThrowsAsync<IOException>(() =>
            TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.Listen(IPAddress.Loopback, port)));
        Assert.IsType<AddressInUseException>(exception.InnerException);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task A_port_is_free_again_after_the_stop(Transport transport)
    {
        TestApp first = await TestApp.StartAsync(transport, Answer);
        int port = first.Addresses[0].Port;
        await AssertAnswersAsync(first.EndPoint);
        await first.DisposeAsync();

        await using TestApp second = await TestApp.StartAsync(transport, Answer, options => options.Endpoints = kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await AssertAnswersAsync(second.EndPoint);
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task What_is_not_ours_is_left_to_other_transports(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(transport, Answer);
        var ours = (IConnectionListenerFactorySelector)app.Services.GetServices<IConnectionListenerFactory>().Last();

        Assert.True(ours.CanBind(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.True(ours.CanBind(new UnixDomainSocketEndPoint("/tmp/any")));
        Assert.True(ours.CanBind(new FileHandleEndPoint(3, FileHandleType.Auto)));
        Assert.False(ours.CanBind(new NamedPipeEndPoint("any")));
        Assert.False(ours.CanBind(new DnsEndPoint("localhost", 0)));
    }

    [Theory]
    [MemberData(nameof(Transports.Reactor), MemberType = typeof(Transports))]
    public async Task Connections_are_spread_over_the_shards(Transport transport)
    {
        await using TestApp app = await TestApp.StartAsync(
            transport,
            context => context.Response.WriteAsync(context.GetShard().Id.ToString()),
            options => options.Reactor = reactor => reactor.Distribution = ConnectionDistribution.RoundRobin);
        var shards = new HashSet<string>();
        for (int i = 0; i < 4; i++)
        {
            using var http = new HttpClient { BaseAddress = app.Addresses[0] };
            shards.Add(await http.GetStringAsync("/"));
        }

        Assert.Equal(["0", "1"], shards.Order());
    }

    private static Task Answer(HttpContext context)
    {
        context.Response.ContentLength = 5;
        return context.Response.WriteAsync("hello");
    }

    private static async Task AssertAnswersAsync(EndPoint endPoint)
    {
        using Client client = await Client.ConnectAsync(endPoint);
        await client.SendGetAsync();
        Assert.Equal("hello", (await client.ReceiveAnswerAsync()).Body);
    }

    private static int FreePort()
    {
        // Free in both families at this moment; the kernel gives no port anew before it has been through the others.
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
