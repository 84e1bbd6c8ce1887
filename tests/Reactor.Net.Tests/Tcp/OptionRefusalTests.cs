using System.Net;

namespace Reactor.Net.Tests.Tcp;

/// <summary>Options that cannot be met are refused before anything has been begun, with what would do.</summary>
public sealed class OptionRefusalTests : ShardTest
{
    public static TheoryData<string, TcpConnectionOptions> Impossible => new()
    {
        { "KeepAliveTime is 00:00:00:", new() { KeepAliveTime = TimeSpan.Zero } },
        { "KeepAliveTime is 09:06:08:", new() { KeepAliveTime = TimeSpan.FromSeconds(32_768) } },
        { "KeepAliveTime is 00:00:01.5000000:", new() { KeepAliveTime = TimeSpan.FromSeconds(1.5) } },
        { "KeepAliveInterval is -00:00:01:", new() { KeepAliveInterval = TimeSpan.FromSeconds(-1) } },
        { "KeepAliveInterval is 09:06:08:", new() { KeepAliveInterval = TimeSpan.FromSeconds(32_768) } },
        { "KeepAliveRetryCount is 0:", new() { KeepAliveRetryCount = 0 } },
        { "KeepAliveRetryCount is 128:", new() { KeepAliveRetryCount = 128 } },
        { "UserTimeout is 00:00:00:", new() { UserTimeout = TimeSpan.Zero } },
        { "UserTimeout is 00:00:00.0000001:", new() { UserTimeout = new TimeSpan(1) } },
        { "UserTimeout is 24.20:31:23.6480000:", new() { UserTimeout = TimeSpan.FromMilliseconds(int.MaxValue + 1L) } },
        { "ReceiveBufferSize is 0:", new() { ReceiveBufferSize = 0 } },
        { "SendBufferSize is -1:", new() { SendBufferSize = -1 } },
    };

    public static TheoryData<string, TcpListenerOptions> ImpossibleForListeners => new()
    {
        { "TcpListenerOptions.Backlog is 0:", new() { Backlog = 0 } },
        { "TcpListenerOptions.DeferAccept is 00:00:00:", new() { DeferAccept = TimeSpan.Zero } },
        { "TcpListenerOptions.DeferAccept is 08:18:08:", new() { DeferAccept = TimeSpan.FromSeconds(29_888) } },
        { "TcpListenerOptions.FastOpenQueueLength is 0:", new() { FastOpenQueueLength = 0 } },
        { "TcpListenerOptions.Connection is null:", new() { Connection = null! } },
        { "TcpListenerOptions.Connection.LocalEndPoint is 127.0.0.1:0:", new() { Connection = { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) } } },
        { "TcpListenerOptions.Connection.FastOpen is True:", new() { Connection = { FastOpen = true } } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public Task Connecting_refuses_what_cannot_be_met(string expected, TcpConnectionOptions options) => OnShard(async () =>
    {
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => TcpConnector.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9), options).AsTask());

        AssertRefused("TcpConnectionOptions." + expected, refusal);
    });

    [Theory]
    [MemberData(nameof(Impossible))]
    public Task Listening_refuses_what_its_connections_could_not_have(string expected, TcpConnectionOptions options) => OnShard(() =>
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => TcpConnectionListener.Listen(Peers.AnyLoopbackPort, new TcpListenerOptions { Connection = options }));

        AssertRefused("TcpListenerOptions.Connection." + expected, refusal);
        return Task.CompletedTask;
    });

    [Theory]
    [MemberData(nameof(ImpossibleForListeners))]
    public Task Listening_refuses_what_cannot_be_met(string expected, TcpListenerOptions options) => OnShard(() =>
    {
        AssertRefused(expected, Assert.Throws<ArgumentException>(() => TcpConnectionListener.Listen(Peers.AnyLoopbackPort, options)));
        return Task.CompletedTask;
    });

    [Theory]
    [MemberData(nameof(ImpossibleForListeners))]
    public async Task A_server_refuses_what_its_listeners_could_not_have(string expected, TcpListenerOptions options)
    {
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(
            () => TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, Handlers.EchoAsync, new TcpServerOptions { Listener = options }));

        AssertRefused(expected.Replace("TcpListenerOptions.", "TcpServerOptions.Listener.", StringComparison.Ordinal), refusal);
    }

    [Fact]
    public Task A_local_address_of_another_family_is_refused() => OnShard(async () =>
    {
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(
            () => TcpConnector.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, 9), new TcpConnectionOptions { LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) }).AsTask());

        AssertRefused("TcpConnectionOptions.LocalEndPoint is 127.0.0.1:0: to connect to [::1]:9", refusal);
    });

    private void AssertRefused(string expected, ArgumentException refusal)
    {
        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(refusal.ParamName!, expected.Split(" is ")[0], StringComparison.Ordinal);
        Assert.Equal(1, Shard.GetStatistics().Descriptors);
    }
}
