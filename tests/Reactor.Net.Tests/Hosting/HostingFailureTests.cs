using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Reactor.Net.Tests.Hosting;

/// <summary>A server that cannot start stops the application's host, which says why.</summary>
public sealed class HostingFailureTests
{
    private const string AnyPort = "127.0.0.1:0";

    [Fact]
    public async Task A_port_that_is_taken_fails_the_start_and_leaves_nothing()
    {
        using Socket other = Peers.Create(Peers.AnyLoopbackPort);
        other.Bind(Peers.AnyLoopbackPort);
        other.Listen();
        await using var application = new TestApplication(services => services
            .AddTcpServer<EchoHandler>("first", AnyPort)
            .AddTcpServer<EchoHandler>("second", other.LocalEndPoint!.ToString()));

        IOException failure = await Assert.ThrowsAsync<IOException>(() => application.StartAsync());

        Assert.Contains("'second'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(other.LocalEndPoint!.ToString()!, failure.Message, StringComparison.Ordinal);
        Assert.Contains("choose another port", failure.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.IsType<SocketException>(failure.InnerException).SocketErrorCode);
        Assert.Single(application.Log.Of("Reactor.Net", 3));
        await Eventually.IsTrueAsync(() => application.Reactor.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
        await AssertRefusesAsync(application.Servers["first"].EndPoint);
    }

    [Fact]
    public async Task Of_several_addresses_none_is_left_when_one_cannot_be_had()
    {
        await using var application = new TestApplication(services => services.AddTcpServer<EchoHandler>("echo", null, options =>
        {
            options.EndPoints.Add(AnyPort);
            options.EndPoints.Add("192.0.2.1:7000");
        }));

        IOException failure = await Assert.ThrowsAsync<IOException>(() => application.StartAsync());

        Assert.Contains("192.0.2.1:7000", failure.Message, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(() => application.Reactor.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold nothing but their wake-ups");
    }

    [Fact]
    public async Task A_service_that_fails_after_the_servers_have_started_has_them_stopped_with_the_host()
    {
        var application = new TestApplication(services => services
            .AddTcpServer<EchoHandler>("echo", AnyPort)
            .AddHostedService<FailingService>());

        await Assert.ThrowsAsync<InvalidDataException>(() => application.StartAsync());
        IPEndPoint endPoint = application.Servers["echo"].EndPoint;
        ReactorHost host = application.Reactor;
        await application.DisposeAsync();

        await AssertRefusesAsync(endPoint);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.InvokeOnAllAsync(() => { }));
    }

    [Theory]
    [InlineData("EndPoints:0", "7000", "'7000'", "address:port")]
    [InlineData("EndPoints:0", "example.com:7000", "'example.com:7000'", "localhost")]
    [InlineData("EndPoints:0", "::1:7000", "'::1:7000'", "[::1]")]
    [InlineData("EndPoints:0", "127.0.0.1:70000", "'127.0.0.1:70000'", "from 0 to 65535")]
    [InlineData("EndPoints:0", "localhost:0", "'localhost:0'", "127.0.0.1:0")]
    [InlineData("MaxConnections", "0", "MaxConnections is 0", "at least 1")]
    [InlineData("MaxConnections", "many", "Reactor:Servers:echo:MaxConnections is 'many'", "a whole number")]
    [InlineData("Distribution", "Fair", "Reactor:Servers:echo:Distribution is 'Fair'", "ReusePort, LeastConnections")]
    [InlineData("DrainTimeout", "-00:00:01", "DrainTimeout is -00:00:01", "from 0")]
    [InlineData("HandlerLifetime", "Process", "HandlerLifetime is 'Process'", "Connection, Shard")]
    [InlineData("SchedulingGroupShares", "10", "SchedulingGroupShares is 10", "SchedulingGroupName")]
    [InlineData("SchedulingGroup", "web", "Reactor:Servers:echo:SchedulingGroup is not an option", "SchedulingGroupName")]
    [InlineData("Listener:Backlog", "big", "'big' at 'Reactor:Servers:echo:Listener:Backlog'", "Int32")]
    public async Task An_option_that_cannot_be_met_fails_the_start_with_its_name_and_what_would_do(string key, string value, string what, string accepted)
    {
        await using var application = new TestApplication(services => services.AddTcpServer<EchoHandler>("echo", AnyPort), ($"Reactor:Servers:echo:{key}", value));

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.Contains("echo", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(accepted, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_an_address_fails_the_start()
    {
        await using var application = new TestApplication(services => services.AddTcpServer<EchoHandler>("echo", null));

        OptionsValidationException refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.Contains("'echo'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_servers_that_want_a_group_with_different_shares_fail_the_start()
    {
        await using var application = new TestApplication(services => services
            .AddTcpServer<EchoHandler>("one", AnyPort, options => (options.SchedulingGroupName, options.SchedulingGroupShares) = ("web", 100))
            .AddTcpServer<EchoHandler>("two", AnyPort, options => (options.SchedulingGroupName, options.SchedulingGroupShares) = ("web", 200)));

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => application.StartAsync());

        Assert.Contains("'web'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_section_of_a_server_that_is_not_there_is_warned_of()
    {
        await using TestApplication application = await TestApplication.StartAsync(
            services => services.AddTcpServer<EchoHandler>("echo", AnyPort),
            ("Reactor:Servers:ehco:MaxConnections", "10"));

        string warning = Assert.Single(application.Log.Of("Reactor.Net", 9)).Message;
        Assert.Contains("Reactor:Servers:ehco", warning, StringComparison.Ordinal);
        Assert.Contains("known are echo", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_told_to_stop_between_two_servers_starts_no_more_and_stops_the_first()
    {
        using var cancellation = new CancellationTokenSource();
        var application = new TestApplication(services => services
            .AddTcpServer<EchoHandler>("first", AnyPort)
            .AddTcpServer<CancellingHandler>("second", AnyPort, options => options.HandlerLifetime = TcpHandlerLifetime.Shard)
            .AddTcpServer<EchoHandler>("third", AnyPort)
            .AddSingleton(cancellation));
        ReactorHost host = application.Reactor;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => application.StartAsync(cancellation.Token));

        await AssertRefusesAsync(application.Servers["first"].EndPoint);
        Assert.Empty(application.Servers["third"].EndPoints);
        await application.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.InvokeOnAllAsync(() => { }));
    }

    private static async Task AssertRefusesAsync(IPEndPoint endPoint)
    {
        SocketException refusal = await Assert.ThrowsAsync<SocketException>(() => Peers.ConnectAsync(endPoint));
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
    }

    private sealed class FailingService : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidDataException("no table");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class CancellingHandler : ITcpConnectionHandler
    {
        public CancellingHandler(CancellationTokenSource cancellation) => cancellation.Cancel();

        public Task HandleAsync(TcpConnection connection, CancellationToken stopping) => Task.CompletedTask;
    }
}
