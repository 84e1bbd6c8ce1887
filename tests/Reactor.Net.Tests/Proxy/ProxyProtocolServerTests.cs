using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reactor.Net.Tests.Proxy;

public sealed class ProxyProtocolOnOneShardTests() : ProxyProtocolServerTests(1, ConnectionDistribution.ReusePort);

public sealed class ProxyProtocolOnTwoShardsTests() : ProxyProtocolServerTests(2, ConnectionDistribution.ReusePort);

public sealed class ProxyProtocolWithHandedOverConnectionsTests() : ProxyProtocolServerTests(2, ConnectionDistribution.LeastConnections);

/// <summary>A server whose connections come through a proxy.</summary>
public abstract class ProxyProtocolServerTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    private static readonly IPEndPoint s_client = IPEndPoint.Parse("192.0.2.7:7777");
    private static readonly IPEndPoint s_service = IPEndPoint.Parse("192.0.2.8:80");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_handler_is_told_of_the_client_and_gets_its_data(int version)
    {
        await using TcpServer server = await StartAsync(TellClientAndEchoAsync);
        for (int i = 0; i < 10; i++)
        {
            using Socket peer = await Peers.ConnectAsync(server.EndPoint);
            await peer.SendAllAsync((byte[])[.. Header(version), .. "ping"u8]);

            await AssertToldAsync(peer, $"{s_client} through {peer.LocalEndPoint};ping");
        }

        await Eventually.IsTrueAsync(() => server.GetStatistics() is { ProxyRefusals: 0, Active: 0, Accepted: 10 }, "all were served");
    }

    [Fact]
    public async Task A_handler_that_speaks_first_does_not_do_so_before_the_header_is_there()
    {
        await using TcpServer server = await StartAsync(TellClientAndEchoAsync);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        byte[] header = Header(1);
        await peer.SendAllAsync(header.AsMemory(0, header.Length - 1));
        await Eventually.IsEqualAsync(header.Length - 1, () => Host.Shards.Sum(shard => shard.GetStatistics().BytesReceived), "the bytes that were taken");
        Assert.Equal(0, peer.Available);

        await peer.SendAllAsync((byte[])[header[^1], .. "ping"u8]);

        await AssertToldAsync(peer, $"{s_client} through {peer.LocalEndPoint};ping");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0031")]
    public async Task A_connection_that_begins_with_something_else_is_reset_and_counted(string sent)
    {
        await using TcpServer server = await StartAsync(FailIfServed);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync(ProxyBytes.Latin1(sent));

        await peer.AssertSeesResetAsync();

        await AssertRefusedAsync(server);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_reset_when_its_time_is_over()
    {
        await using TcpServer server = await StartAsync(FailIfServed, new TcpServerOptions { ProxyProtocol = new() { Timeout = TimeSpan.FromMilliseconds(30) } });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);

        await peer.AssertSeesResetAsync();

        await AssertRefusedAsync(server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_goes_before_its_header_is_there_is_counted(bool resets)
    {
        await using TcpServer server = await StartAsync(FailIfServed);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync("PROXY TCP"u8.ToArray());
        await Eventually.IsEqualAsync(9, () => Host.Shards.Sum(shard => shard.GetStatistics().BytesReceived), "the bytes that were taken");

        if (resets)
        {
            peer.Reset();
        }
        else
        {
            peer.ShutdownSend();
        }

        await AssertRefusedAsync(server);
    }

    [Fact]
    public async Task What_is_not_allowed_is_refused()
    {
        await using TcpServer server = await StartAsync(FailIfServed, new TcpServerOptions { ProxyProtocol = new() { AllowLocal = false } });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync(ProxyHeader.FormatV2Local());

        await peer.AssertSeesResetAsync();

        await AssertRefusedAsync(server);
    }

    [Fact]
    public async Task A_health_check_is_served_as_a_client_of_its_own()
    {
        await using TcpServer server = await StartAsync(TellClientAndEchoAsync);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync((byte[])[.. ProxyHeader.FormatV2Local(), .. "ping"u8]);

        await AssertToldAsync(peer, $"{peer.LocalEndPoint} through {peer.LocalEndPoint};ping");
    }

    [Fact]
    public async Task A_connection_that_is_refused_gives_its_place_to_the_next()
    {
        await using TcpServer server = await StartAsync(TellClientAndEchoAsync, new TcpServerOptions { MaxConnections = 1 });
        using Socket intruder = await Peers.ConnectAsync(server.EndPoint);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync((byte[])[.. Header(2), .. "ping"u8]);
        await intruder.SendAllAsync("hello"u8.ToArray());

        await AssertToldAsync(peer, $"{s_client} through {peer.LocalEndPoint};ping");
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_headers()
    {
        TcpServer server = await StartAsync(FailIfServed, new TcpServerOptions { ProxyProtocol = new() { Timeout = Timeout.InfiniteTimeSpan } });
        using Socket silent = await Peers.ConnectAsync(server.EndPoint);
        using Socket slow = await Peers.ConnectAsync(server.EndPoint);
        await slow.SendAllAsync("PROXY TCP"u8.ToArray());
        await Eventually.IsTrueAsync(() => server.GetStatistics().Active == 2, "both are there");

        await server.StopAsync().WaitAsync(Eventually.Promptly);

        await silent.AssertSeesResetAsync();
        await slow.AssertSeesResetAsync();
        Assert.Equal(0, server.GetStatistics().ProxyRefusals);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_host_that_stops_does_not_wait_for_headers()
    {
        TcpServer server = await StartAsync(FailIfServed, new TcpServerOptions { ProxyProtocol = new() { Timeout = Timeout.InfiniteTimeSpan } });
        using Socket silent = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsTrueAsync(() => server.GetStatistics().Active == 1, "it is there");

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        await silent.AssertSeesResetAsync();
    }

    [Fact]
    public async Task Options_that_cannot_be_met_are_refused()
    {
        foreach ((TcpServerOptions options, string message) in new[]
        {
            (new TcpServerOptions { ProxyProtocol = new() { MaxLength = 1 } }, "TcpServerOptions.ProxyProtocol.MaxLength is 1:"),
            (new TcpServerOptions { ProxyProtocol = new(), Distribution = ConnectionDistribution.ClientPort }, "TcpServerOptions.Distribution is ClientPort: with ProxyProtocol"),
        })
        {
            ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, FailIfServed, options));
            Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Changes_after_the_start_are_not_seen()
    {
        var options = new TcpServerOptions { ProxyProtocol = new() };
        await using TcpServer server = await StartAsync(TellClientAndEchoAsync, options);
        options.ProxyProtocol.MaxLength = 16;

        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.SendAllAsync((byte[])[.. Header(2), .. "ping"u8]);

        await AssertToldAsync(peer, $"{s_client} through {peer.LocalEndPoint};ping");
    }

    private new Task<TcpServer> StartAsync(Func<TcpConnection, Task> handler, TcpServerOptions? options = null)
    {
        options ??= new TcpServerOptions();
        options.ProxyProtocol ??= new ProxyProtocolOptions();
        return base.StartAsync(handler, options);
    }

    private static byte[] Header(int version) =>
        version == 1 ? ProxyHeader.FormatV1(s_client, s_service) : ProxyHeader.FormatV2(s_client, s_service, addChecksum: true);

    /// <summary>Speaks first.</summary>
    private static async Task TellClientAndEchoAsync(TcpConnection connection)
    {
        Assert.Same(Shard.Current, connection.Shard);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"{connection.ClientEndPoint} through {connection.RemoteEndPoint};"));
        byte[] buffer = new byte[4];
        Assert.Equal(4, await connection.ReceiveAsync(buffer));
        await connection.SendAsync(buffer);
    }

    private static Task FailIfServed(TcpConnection connection) => throw new InvalidOperationException("It must not be served.");

    private static async Task AssertToldAsync(Socket peer, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(await peer.ReceiveToEndAsync()));

    /// <summary>That no exception went unhandled, every test looks at its end.</summary>
    private async Task AssertRefusedAsync(TcpServer server)
    {
        await Eventually.IsTrueAsync(() => server.GetStatistics() is { ProxyRefusals: 1, Active: 0, Accepted: 1 }, "it is counted and gone");
        ServerStatistics statistics = server.GetStatistics();
        Assert.Equal((0, 0), (statistics.HandlerFailures, statistics.ConnectionFailures));
        await server.StopAsync();
        await AssertNothingIsLeftAsync();
    }
}
