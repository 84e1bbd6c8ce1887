using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>Connecting to several addresses. Delays are either none or without end, so that no test depends on time.</summary>
public class ConnectRaceTests : ShardTest
{
    private static readonly TcpConnectorOptions s_allAtOnce = new() { AttemptDelay = TimeSpan.Zero };
    private static readonly TcpConnectorOptions s_oneAfterTheOther = new() { AttemptDelay = Timeout.InfiniteTimeSpan };

    [Fact]
    public Task An_address_that_does_not_answer_is_passed_over() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync([silent.EndPoint, listener.LocalEndPoint], s_allAtOnce);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
        using TcpConnection theirs = await listener.AcceptAsync();
        await AssertCarriesAsync(ours, theirs);
        await AssertShardHoldsAsync(listener, ours, theirs);
    });

    [Fact]
    public Task The_default_delay_passes_over_an_address_that_does_not_answer() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync([silent.EndPoint, listener.LocalEndPoint]);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
        await AssertShardHoldsAsync(listener, ours);
    });

    [Fact]
    public Task An_address_that_refuses_is_passed_over_without_waiting_for_the_delay() => OnShard(async () =>
    {
        using var refused = new RefusedPort();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync([refused.EndPoint, refused.EndPoint, listener.LocalEndPoint], s_oneAfterTheOther);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
        await AssertShardHoldsAsync(listener, ours);
    });

    [Fact]
    public Task An_address_that_cannot_be_tried_at_all_is_passed_over() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        // The broadcast address fails within the call.
        using TcpConnection ours = await TcpConnector.ConnectAsync([new IPEndPoint(IPAddress.Broadcast, 9), listener.LocalEndPoint], s_oneAfterTheOther);

        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
        await AssertShardHoldsAsync(listener, ours);
    });

    [Fact]
    public Task Later_addresses_are_not_tried_when_the_first_answers() => OnShard(async () =>
    {
        using TcpConnectionListener first = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using Socket second = Peers.Create(Peers.AnyLoopbackPort);
        second.Bind(Peers.AnyLoopbackPort);
        second.Listen();

        using TcpConnection ours = await TcpConnector.ConnectAsync([first.LocalEndPoint, (IPEndPoint)second.LocalEndPoint!], s_oneAfterTheOther);

        Assert.Equal(first.LocalEndPoint, ours.RemoteEndPoint);
        Assert.False(second.Poll(0, SelectMode.SelectRead));
        await AssertShardHoldsAsync(first, ours);
    });

    [Fact]
    public Task When_all_addresses_fail_the_exception_names_each_with_its_error() => OnShard(async () =>
    {
        using var first = new RefusedPort();
        using var second = new RefusedPort();
        var broadcast = new IPEndPoint(IPAddress.Broadcast, 9);

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync([first.EndPoint, broadcast, second.EndPoint], s_oneAfterTheOther));

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
        Assert.Equal(3, exception.Errors.Count);
        Assert.Equal(SocketError.ConnectionRefused, exception.Errors[0].SocketErrorCode);
        Assert.All([first.EndPoint, broadcast, second.EndPoint], endPoint => Assert.Contains($"connect to {endPoint} failed", exception.Message, StringComparison.Ordinal));
        await AssertShardHoldsAsync();
    });

    [Theory]
    [InlineData(SocketError.ConnectionRefused, SocketError.NetworkUnreachable, SocketError.ConnectionRefused)]
    [InlineData(SocketError.NetworkUnreachable, SocketError.TimedOut, SocketError.TimedOut)]
    [InlineData(SocketError.ConnectionRefused, SocketError.TimedOut, SocketError.TimedOut)]
    [InlineData(SocketError.AddressNotAvailable, SocketError.HostUnreachable, SocketError.HostUnreachable)]
    public void The_code_of_the_exception_is_that_of_the_last_address_to_which_there_is_a_way(SocketError first, SocketError second, SocketError expected)
    {
        var exception = TcpConnectException.AllFailed("connect to example", [new SocketException((int)first), new SocketException((int)second)]);

        Assert.Equal(expected, exception.SocketErrorCode);
    }

    [Fact]
    public Task Any_number_of_addresses_may_fail_on_the_spot() => OnShard(async () =>
    {
        // If each began the next within its own call, the stack would not do.
        IPEndPoint[] addresses = [.. Enumerable.Repeat(new IPEndPoint(IPAddress.Broadcast, 9), 10_000)];

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync(addresses, s_oneAfterTheOther));

        Assert.Equal(addresses.Length, exception.Errors.Count);
        await AssertShardHoldsAsync();
    });

    [Fact]
    public Task The_message_of_a_single_address_names_it_once() => OnShard(async () =>
    {
        using var refused = new RefusedPort();

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync(refused.EndPoint, s_oneAfterTheOther));

        Assert.Equal(2, exception.Message.Split(refused.EndPoint.ToString()).Length);
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    });

    [Fact]
    public Task The_time_limit_ends_it_and_names_the_addresses_that_did_not_answer() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using var alsoSilent = new FullBacklog();
        using var refused = new RefusedPort();
        var options = new TcpConnectorOptions { AttemptDelay = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromMilliseconds(50) };

        TcpConnectException exception = await Assert.ThrowsAsync<TcpConnectException>(async () => await TcpConnector.ConnectAsync([refused.EndPoint, silent.EndPoint, alsoSilent.EndPoint], options));

        Assert.Equal(SocketError.TimedOut, exception.SocketErrorCode);
        Assert.Contains("after 50 ms", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"No answer from {silent.EndPoint}, {alsoSilent.EndPoint}.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Single(exception.Errors).SocketErrorCode);
        await AssertShardHoldsAsync();
    });

    [Fact]
    public Task The_time_limit_holds_for_a_single_address() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        var options = new TcpConnectorOptions { ConnectTimeout = TimeSpan.FromMilliseconds(10) };

        SocketException exception = await Assert.ThrowsAnyAsync<SocketException>(async () => await TcpConnector.ConnectAsync(silent.EndPoint, options));

        Assert.Equal(SocketError.TimedOut, exception.SocketErrorCode);
        await AssertShardHoldsAsync();
    });

    [Fact]
    public Task A_time_limit_that_is_kept_leaves_no_timer() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        var options = new TcpConnectorOptions { ConnectTimeout = TimeSpan.FromHours(1), AttemptDelay = TimeSpan.FromHours(1) };

        using TcpConnection ours = await TcpConnector.ConnectAsync([listener.LocalEndPoint, listener.LocalEndPoint], options);

        await AssertShardHoldsAsync(listener, ours);
    });

    [Fact]
    public Task The_token_ends_all_attempts() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        Task<TcpConnection> connecting = TcpConnector.ConnectAsync([silent.EndPoint, silent.EndPoint, silent.EndPoint], s_allAtOnce, cancellation.Token).AsTask();
        await Eventually.IsEqualAsync(4, () => Shard.GetStatistics().Descriptors, "descriptors");

        await Task.Run(cancellation.Cancel);

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Eventually.Promptly));
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await AssertShardHoldsAsync();
    });

    [Fact]
    public Task The_token_ends_a_wait_for_the_delay() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using var cancellation = new CancellationTokenSource();
        var options = new TcpConnectorOptions { AttemptDelay = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1) };
        Task<TcpConnection> connecting = TcpConnector.ConnectAsync([silent.EndPoint, silent.EndPoint], options, cancellation.Token).AsTask();
        await NextTurn();
        Assert.Equal((2, 2), (Shard.GetStatistics().Descriptors, Shard.GetStatistics().TimersArmed));

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Eventually.Promptly));
        await AssertShardHoldsAsync();
    });

    [Fact]
    public Task A_token_that_has_fired_before_prevents_every_attempt() => OnShard(async () =>
    {
        using var silent = new FullBacklog();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await TcpConnector.ConnectAsync([silent.EndPoint, silent.EndPoint], s_allAtOnce, new CancellationToken(true)));

        await AssertShardHoldsAsync();
    });

    [Fact]
    public async Task Pending_attempts_end_when_the_host_stops()
    {
        using var silent = new FullBacklog();
        Task<TcpConnection> connecting = null!;
        await OnShard(async () =>
        {
            var options = new TcpConnectorOptions { AttemptDelay = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromHours(1) };
            connecting = TcpConnector.ConnectAsync([silent.EndPoint, silent.EndPoint], options).AsTask();
            await Eventually.IsEqualAsync(3, () => Shard.GetStatistics().Descriptors, "descriptors");
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Who_begins_while_the_host_stops_is_told_so()
    {
        using var silent = new FullBacklog();
        Task<TcpConnection> late = null!;
        Task waiting = null!;
        await OnShard(async () =>
        {
            waiting = ConnectAfterStopAsync();
            await Task.CompletedTask;
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        await waiting.WaitAsync(Eventually.Promptly);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => late.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);

        async Task ConnectAfterStopAsync()
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Reactor.Shard.Delay(Timeout.InfiniteTimeSpan));
            late = TcpConnector.ConnectAsync([silent.EndPoint, silent.EndPoint], s_allAtOnce).AsTask();
        }
    }

    [Fact]
    public Task The_list_may_be_changed_while_it_is_tried() => OnShard(async () =>
    {
        using var refused = new RefusedPort();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        List<IPEndPoint> addresses = [refused.EndPoint, listener.LocalEndPoint];
        ValueTask<TcpConnection> connecting = TcpConnector.ConnectAsync(addresses, s_oneAfterTheOther);

        addresses.Clear();

        using TcpConnection ours = await connecting;
        Assert.Equal(listener.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task Its_awaiter_goes_on_on_the_shard_and_in_its_group() => OnShard(async () =>
    {
        using var silent = new FullBacklog();
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        SchedulingGroup group = SchedulingGroup.Create("connecting", 100);
        await group.RunAsync(async () =>
        {
            using TcpConnection ours = await TcpConnector.ConnectAsync([silent.EndPoint, listener.LocalEndPoint], s_allAtOnce);

            Assert.Same(Shard, Reactor.Shard.Current);
            Assert.Same(group, SchedulingGroup.Current);
        });
    });

    [Fact]
    public Task Sockets_are_set_as_the_options_say() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);

        using TcpConnection ours = await TcpConnector.ConnectAsync(listener.LocalEndPoint, new TcpConnectorOptions { Connection = { NoDelay = false, KeepAlive = true } });

        Assert.False(ours.NoDelay);
        Assert.True(ours.KeepAlive);
    });

    [Fact]
    public Task No_address_at_all_is_refused() => OnShard(async () =>
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await TcpConnector.ConnectAsync(Array.Empty<IPEndPoint>()));
        await Assert.ThrowsAsync<ArgumentException>(async () => await TcpConnector.ConnectAsync([null!]));
    });

    [Fact]
    public async Task It_is_called_on_a_shard()
    {
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await TcpConnector.ConnectAsync([Peers.AnyLoopbackPort]));

        Assert.Contains("InvokeAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Options_that_cannot_be_met_are_refused_with_their_name() => OnShard(async () =>
    {
        await AssertRefusedAsync(new TcpConnectorOptions { ConnectTimeout = TimeSpan.Zero }, nameof(TcpConnectorOptions.ConnectTimeout));
        await AssertRefusedAsync(new TcpConnectorOptions { AttemptDelay = TimeSpan.FromSeconds(-1) }, nameof(TcpConnectorOptions.AttemptDelay));
        await AssertRefusedAsync(new TcpConnectorOptions { PreferredFamily = AddressFamily.Unix }, nameof(TcpConnectorOptions.PreferredFamily));

        static async Task AssertRefusedAsync(TcpConnectorOptions options, string name)
        {
            ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(async () => await TcpConnector.ConnectAsync([Peers.AnyLoopbackPort], options));
            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        }
    });

    private async Task AssertShardHoldsAsync(params object[] objects)
    {
        await Eventually.IsEqualAsync(1 + objects.Length, () => Shard.GetStatistics().Descriptors, "descriptors");
        Assert.Equal(0, Shard.GetStatistics().TimersArmed);
    }

    private static async Task AssertCarriesAsync(TcpConnection from, TcpConnection to)
    {
        await from.SendAsync("ping"u8.ToArray());
        byte[] buffer = new byte[16];
        Assert.Equal("ping"u8.ToArray(), buffer[..await to.ReceiveAsync(buffer)]);
    }
}
