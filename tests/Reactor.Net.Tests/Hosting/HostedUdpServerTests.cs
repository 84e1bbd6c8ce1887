using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Reactor.Net.Tests.Hosting;

/// <summary>UDP servers of an application.</summary>
public sealed class HostedUdpServerTests
{
    [Fact]
    public async Task A_handler_of_the_applications_services_serves_the_sockets()
    {
        var made = new Made();
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddSingleton(made).AddUdpServer<UdpEchoHandler>("127.0.0.1:0"));

        await AssertEchoesAsync(ServersOf(application)["UdpEchoHandler"].EndPoint);
        await Eventually.IsEqualAsync(2, () => Volatile.Read(ref made.Handlers), "handlers");
    }

    [Fact]
    public async Task A_delegate_serves_the_sockets()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddUdpServer("echo", "127.0.0.1:0", EchoAsync));

        await AssertEchoesAsync(ServersOf(application)["echo"].EndPoint);
    }

    [Fact]
    public async Task Addresses_and_the_group_come_from_the_configuration()
    {
        string? group = null;
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddUdpServer("echo", null, (socket, stopping) =>
            {
                Volatile.Write(ref group, SchedulingGroup.Current.Name);
                return EchoAsync(socket, stopping);
            }),
            ("Reactor:Servers:echo:EndPoints:0", "127.0.0.1:0"),
            ("Reactor:Servers:echo:EndPoints:1", "[::1]:0"),
            ("Reactor:Servers:echo:SchedulingGroupName", "datagrams"));
        IReadOnlyList<IPEndPoint> endPoints = ServersOf(application)["echo"].EndPoints;

        Assert.Equal([AddressFamily.InterNetwork, AddressFamily.InterNetworkV6], endPoints.Select(endPoint => endPoint.AddressFamily));
        await AssertEchoesAsync(endPoints[0]);
        await AssertEchoesAsync(endPoints[1]);
        Assert.Equal("datagrams", Volatile.Read(ref group));
    }

    [Theory]
    [InlineData("EndPoints:0", "nowhere", "EndPoints has 'nowhere'")]
    [InlineData("DrainTimeout", "-00:00:05", "DrainTimeout is -00:00:05")]
    [InlineData("SchedulingGroupShares", "10", "together with SchedulingGroupName")]
    public async Task What_cannot_be_met_fails_the_start_and_is_named(string key, string value, string said)
    {
        await using var application = new TestApplication(services => services.AddUdpServer("echo", "127.0.0.1:0", EchoAsync), ($"Reactor:Servers:echo:{key}", value));

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("UDP server 'echo'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_fails_the_start()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var application = new TestApplication(services => services.AddUdpServer("echo", taken.LocalEndPoint!.ToString(), EchoAsync));

        IOException failure = await Assert.ThrowsAsync<IOException>(() => application.StartAsync());
        Assert.Contains("Server 'echo' could not be started", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_fails_is_logged_with_its_server()
    {
        await using TestApplication application = await TestApplication.StartAsync(services =>
            services.AddUdpServer("bad", "127.0.0.1:0", static (_, _) => throw new InvalidDataException("no good")));

        Assert.Equal("no good", (await application.TakeAsync(11)).Exception!.Message);
    }

    [Fact]
    public void A_name_is_one_servers_be_it_TCP_or_UDP()
    {
        IServiceCollection services = new ServiceCollection().AddTcpServer<EchoHandler>("echo", "127.0.0.1:0");

        Assert.Throws<InvalidOperationException>(() => services.AddUdpServer("Echo", "127.0.0.1:0", EchoAsync));
    }

    private static UdpServerCollection ServersOf(TestApplication application) => application.Services.GetRequiredService<UdpServerCollection>();

    private static async Task EchoAsync(UdpSocket socket, CancellationToken stopping)
    {
        byte[] buffer = new byte[2_000];
        try
        {
            while (true)
            {
                UdpReceived received = await socket.ReceiveAsync(buffer, stopping);
                await socket.SendToAsync(buffer.AsMemory(0, received.Length), received.From, stopping);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task AssertEchoesAsync(IPEndPoint endPoint)
    {
        using var peer = new UdpClient(endPoint.AddressFamily);
        peer.Connect(endPoint);
        await peer.SendAsync("hello"u8.ToArray());
        UdpReceiveResult echo = await peer.ReceiveAsync().WaitAsync(Eventually.Patience);
        Assert.Equal("hello"u8.ToArray(), echo.Buffer);
    }

    private sealed class Made
    {
        internal int Handlers;
    }

    private sealed class UdpEchoHandler : IUdpSocketHandler
    {
        public UdpEchoHandler(Made made) => Interlocked.Increment(ref made.Handlers);

        public Task HandleAsync(UdpSocket socket, CancellationToken stopping)
        {
            Assert.Same(Shard.Current, socket.Shard);
            return EchoAsync(socket, stopping);
        }
    }
}
