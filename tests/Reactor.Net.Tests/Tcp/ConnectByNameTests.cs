using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>Connecting to a host: look-up, order of addresses, race.</summary>
public class ConnectByNameTests : ShardTest
{
    private static readonly IPAddress s_otherLoopback = IPAddress.Parse("127.0.0.2");

    [Fact]
    public Task A_name_is_looked_up_and_connected_to() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync("localhost", listener.LocalEndPoint.Port);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
        Assert.Same(Shard, Reactor.Shard.Current);
    });

    [Fact]
    public Task An_end_point_with_a_name_is_looked_up_and_connected_to() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync(new DnsEndPoint("localhost", listener.LocalEndPoint.Port, AddressFamily.InterNetwork));

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task The_family_of_an_end_point_is_what_the_resolver_is_asked_for() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        AddressFamily asked = default;
        var resolver = new TestResolver((_, family, _) =>
        {
            asked = family;
            return new ValueTask<IReadOnlyList<IPAddress>>([IPAddress.Loopback]);
        });

        using TcpConnection ours = await TcpConnector.ConnectAsync(new DnsEndPoint("example.test", listener.LocalEndPoint.Port, AddressFamily.InterNetwork), With(resolver));

        Assert.Equal(AddressFamily.InterNetwork, asked);
    });

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("::1%1")]
    public Task An_IP_address_is_connected_to_without_a_look_up(string host) => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(new IPEndPoint(IPAddress.Parse(host), 0));
        TestResolver resolver = TestResolver.Of(IPAddress.None);

        using TcpConnection ours = await TcpConnector.ConnectAsync(host, listener.LocalEndPoint.Port, With(resolver));

        Assert.Equal(0, resolver.Lookups);
        Assert.Equal(listener.LocalEndPoint.Port, ours.RemoteEndPoint!.Port);
    });

    [Fact]
    public Task The_family_that_the_resolver_put_first_begins_and_both_take_turns() => OnShard(async () =>
    {
        using var refused = new RefusedPort(IPAddress.Loopback, s_otherLoopback, IPAddress.IPv6Loopback);
        TestResolver resolver = TestResolver.Of(IPAddress.Loopback, s_otherLoopback, IPAddress.IPv6Loopback);

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync("example.test", refused.Port, With(resolver)));

        AssertTried(exception, refused.Port, IPAddress.Loopback, IPAddress.IPv6Loopback, s_otherLoopback);
        Assert.StartsWith($"connect to example.test:{refused.Port} failed", exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task The_preferred_family_begins() => OnShard(async () =>
    {
        using var refused = new RefusedPort(IPAddress.Loopback, s_otherLoopback, IPAddress.IPv6Loopback);
        TestResolver resolver = TestResolver.Of(IPAddress.Loopback, s_otherLoopback, IPAddress.IPv6Loopback);
        TcpConnectorOptions options = With(resolver);
        options.PreferredFamily = AddressFamily.InterNetworkV6;

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync("example.test", refused.Port, options));

        AssertTried(exception, refused.Port, IPAddress.IPv6Loopback, IPAddress.Loopback, s_otherLoopback);
    });

    [Fact]
    public Task A_family_that_does_not_answer_is_passed_over() => OnShard(async () =>
    {
        (FullBacklog full, TcpConnectionListener willing) = ListenOnOnePort();
        using FullBacklog silent = full;
        using TcpConnectionListener listener = willing;
        TcpConnectorOptions options = With(TestResolver.Of(IPAddress.IPv6Loopback, IPAddress.Loopback));
        options.AttemptDelay = TimeSpan.Zero;

        using TcpConnection ours = await TcpConnector.ConnectAsync("example.test", silent.EndPoint.Port, options);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task A_single_address_that_fails_is_told_with_the_name() => OnShard(async () =>
    {
        using var refused = new RefusedPort();

        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(async () => await TcpConnector.ConnectAsync("example.test", refused.Port, With(TestResolver.Of(IPAddress.Loopback))));

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Contains("example.test", exception.Message, StringComparison.Ordinal);
        Assert.Contains(refused.EndPoint.ToString(), exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_look_up_that_fails_ends_it() => OnShard(async () =>
    {
        var resolver = new TestResolver((_, _, _) => throw new SocketException((int)SocketError.TryAgain));

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync("example.test", 80, With(resolver)));

        Assert.Equal(SocketError.TryAgain, exception.SocketErrorCode);
        await AssertNothingIsLeftAsync();
    });

    [Fact]
    public Task The_time_limit_counts_the_look_up() => OnShard(async () =>
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        TcpConnectorOptions options = With(TestResolver.Of(never.Task));
        options.ConnectTimeout = TimeSpan.FromMilliseconds(20);

        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(async () => await TcpConnector.ConnectAsync("example.test", 80, options));

        Assert.Equal(SocketError.TimedOut, exception.SocketErrorCode);
        Assert.Contains("look-up", exception.Message, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    });

    [Fact]
    public Task The_token_ends_the_look_up() => OnShard(async () =>
    {
        var late = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        using var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync("example.test", 80, With(TestResolver.Of(late.Task)), cancellation.Token);
        await NextTurn();

        _ = Task.Run(cancellation.Cancel);

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connecting);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Same(Shard, Reactor.Shard.Current);

        // The answer that comes too late does no harm.
        await Task.Run(() => late.SetResult([IPAddress.Loopback]));
        await AssertNothingIsLeftAsync();
    });

    [Fact]
    public Task A_resolver_that_cancels_itself_is_not_taken_for_the_time_limit() => OnShard(async () =>
    {
        var resolver = new TestResolver((_, _, _) => throw new OperationCanceledException("of its own"));
        TcpConnectorOptions options = With(resolver);
        options.ConnectTimeout = TimeSpan.FromHours(1);

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await TcpConnector.ConnectAsync("example.test", 80, options));

        Assert.Equal("of its own", exception.Message);
        await AssertNothingIsLeftAsync();
    });

    [Fact]
    public async Task A_pending_look_up_ends_when_the_host_stops()
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        Task<TcpConnection> connecting = null!;
        await OnShard(async () =>
        {
            connecting = TcpConnector.ConnectAsync("example.test", 80, With(TestResolver.Of(never.Task))).AsTask();
            await NextTurn();
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    [Fact]
    public Task Bad_arguments_are_refused() => OnShard(async () =>
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await TcpConnector.ConnectAsync(" ", 80));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await TcpConnector.ConnectAsync((string)null!, 80));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await TcpConnector.ConnectAsync("localhost", 65_536));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await TcpConnector.ConnectAsync("localhost", -1));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await TcpConnector.ConnectAsync((DnsEndPoint)null!));
    });

    private static TcpConnectorOptions With(HostResolver resolver) => new() { Resolver = resolver, AttemptDelay = Timeout.InfiniteTimeSpan };

    private static void AssertTried(TcpConnectException exception, int port, params IPAddress[] addresses)
    {
        Assert.Equal(addresses.Length, exception.Errors.Count);
        Assert.All(addresses.Zip(exception.Errors), pair =>
            Assert.Contains(new IPEndPoint(pair.First, port).ToString(), pair.Second.Message, StringComparison.Ordinal));
    }

    private async Task AssertNothingIsLeftAsync()
    {
        await Eventually.IsEqualAsync(1, () => Shard.GetStatistics().Descriptors, "descriptors");
        Assert.Equal(0, Shard.GetStatistics().TimersArmed);
    }

    /// <summary>A port that the kernel has chosen for one family may be taken in the other; then it is to choose again.</summary>
    private static (FullBacklog Silent, TcpConnectionListener Willing) ListenOnOnePort()
    {
        for (int attempt = 1; ; attempt++)
        {
            var silent = new FullBacklog(IPAddress.IPv6Loopback);
            try
            {
                return (silent, TcpConnectionListener.Listen(new IPEndPoint(IPAddress.Loopback, silent.EndPoint.Port)));
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 100)
            {
                silent.Dispose();
            }
        }
    }
}

public sealed class ConnectByNameWithoutContextTests : ConnectByNameTests
{
    protected override bool UseSynchronizationContext => false;
}
