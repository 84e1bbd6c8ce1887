using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class ServerStopOnOneShardTests() : ServerStopTests(1, ConnectionDistribution.ReusePort);

public sealed class ServerStopOnTwoShardsTests() : ServerStopTests(2, ConnectionDistribution.ReusePort);

public sealed class ServerStopWithHandedOverConnectionsTests() : ServerStopTests(2, ConnectionDistribution.LeastConnections);

public abstract class ServerStopTests(int shards, ConnectionDistribution distribution) : ServerTest(shards, distribution)
{
    [Fact]
    public async Task Stopping_lets_what_is_in_flight_finish()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(async connection =>
        {
            entered.SetResult();
            await finish.Task;
            await connection.SendAsync("done"u8.ToArray());
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await entered.Task.WaitAsync(Eventually.Promptly);

        Task stopping = server.StopAsync();
        await AwaitShardsAsync();
        Assert.True(Refuses(server));
        Assert.False(stopping.IsCompleted);
        finish.SetResult();

        await stopping.WaitAsync(Eventually.Promptly);
        Assert.Equal("done"u8.ToArray(), await peer.ReceiveToEndAsync());
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Fact]
    public async Task A_stopped_server_refuses_new_connections()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);

        await server.StopAsync().WaitAsync(Eventually.Promptly);

        Assert.True(Refuses(server));
    }

    [Fact]
    public async Task The_token_fires_on_the_shard_when_the_server_begins_to_stop()
    {
        Shard? servedOn = null;
        Shard? firedOn = null;
        TcpServer server = await StartAsync(async (connection, stopping) =>
        {
            servedOn = connection.Shard;
            using CancellationTokenRegistration registration = stopping.Register(() => firedOn = Reactor.Shard.Current);
            await connection.SendAsync("in"u8.ToArray(), CancellationToken.None);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connection.ReceiveAsync(new byte[1], stopping));
            await connection.SendAsync("bye"u8.ToArray(), CancellationToken.None);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        Assert.Equal("in"u8.ToArray(), await peer.ReceiveExactlyAsync(2));

        await server.StopAsync().WaitAsync(Eventually.Promptly);

        Assert.NotNull(firedOn);
        Assert.Same(servedOn, firedOn);
        Assert.Equal("bye"u8.ToArray(), await peer.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_callback_of_the_token_that_throws_is_reported_and_stopping_goes_on()
    {
        TcpServer server = await StartAsync(async (connection, stopping) =>
        {
            using CancellationTokenRegistration registration = stopping.Register(() => throw new InvalidDataException("in a callback"));
            await connection.SendAsync("in"u8.ToArray(), CancellationToken.None);
            await connection.ReceiveAsync(new byte[1], stopping);
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await peer.ReceiveExactlyAsync(2);

        await server.StopAsync().WaitAsync(Eventually.Promptly);

        Assert.IsType<AggregateException>(Assert.Single(TakeUnhandled()));
        await peer.AssertSeesResetAsync();
    }

    [Fact]
    public async Task At_the_deadline_the_connections_that_are_left_are_reset()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsEqualAsync(20, () => server.GetStatistics().Active, "active connections");
        using var deadline = new CancellationTokenSource();
        Task stopping = server.StopAsync(deadline.Token);
        await AwaitShardsAsync();
        Assert.True(Refuses(server));
        Assert.False(stopping.IsCompleted);

        await deadline.CancelAsync();

        await stopping.WaitAsync(Eventually.Promptly);
        foreach (Socket peer in peers)
        {
            await peer.AssertSeesResetAsync();
            peer.Dispose();
        }

        Assert.Equal((0, 20, 0), (server.GetStatistics().Active, server.GetStatistics().ConnectionFailures, server.GetStatistics().HandlerFailures));
    }

    [Fact]
    public async Task A_deadline_that_has_passed_aborts_at_once()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);

        await server.StopAsync(new CancellationToken(true)).WaitAsync(Eventually.Promptly);

        await peer.AssertSeesResetAsync();
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Fact]
    public async Task A_handler_that_finds_its_connection_aborted_at_the_deadline_has_not_failed()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(async connection =>
        {
            entered.SetResult();
            await finish.Task;
            await connection.SendAsync("too late"u8.ToArray());
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await entered.Task.WaitAsync(Eventually.Promptly);
        Task stopping = server.StopAsync(new CancellationToken(true));
        await peer.AssertSeesResetAsync();

        finish.SetResult();

        // Nobody did anything wrong: the server itself aborted the connection.
        await stopping.WaitAsync(Eventually.Promptly);
        IReadOnlyList<Exception> unhandled = TakeUnhandled();
        Assert.Equal((1, 0), (server.GetStatistics().ConnectionFailures, server.GetStatistics().HandlerFailures));
        Assert.Empty(unhandled);
    }

    [Fact]
    public async Task Stopping_without_connections_ends_at_once()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);

        await server.StopAsync().WaitAsync(Eventually.Promptly);

        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Stopping_twice_waits_for_the_same_end()
    {
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(_ => finish.Task);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");

        Task first = server.StopAsync();
        Task second = server.StopAsync();
        Assert.False(second.IsCompleted);
        finish.SetResult();

        await Task.WhenAll(first, second).WaitAsync(Eventually.Promptly);
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_while_a_stop_without_deadline_waits_aborts_after_the_drain_timeout()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync, new TcpServerOptions { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);
        Task stopping = server.StopAsync();
        try
        {
            await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);
        }
        finally
        {
            peer.Reset();
            await stopping.WaitAsync(Eventually.Promptly);
        }
    }

    [Fact]
    public async Task DisposeAsync_aborts_after_the_drain_timeout()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync, new TcpServerOptions { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Handlers.AssertEchoesAsync(peer);

        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);

        await peer.AssertSeesResetAsync();
        Assert.Equal(0, server.GetStatistics().Active);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3)]
    public async Task DisposeAsync_stops_the_server_whatever_the_drain_timeout(int days)
    {
        // Minus one millisecond is .NET's "without end".
        TimeSpan timeout = days < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromDays(days);
        TcpServer server = await StartAsync(Handlers.EchoAsync, new TcpServerOptions { DrainTimeout = timeout });

        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);

        Assert.True(Refuses(server));
    }

    [Fact]
    public async Task Stopping_after_the_host_has_stopped_does_no_harm()
    {
        TcpServer server = await StartAsync(Handlers.EchoAsync);
        await Host.StopAsync();

        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Promptly);
    }

    [Fact]
    public async Task A_host_that_stops_before_its_server_ends_everything()
    {
        int ended = 0;
        int failed = 0;
        TcpServer server = await StartAsync(async connection =>
        {
            try
            {
                await Handlers.EchoAsync(connection);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.OperationAborted)
            {
                Interlocked.Increment(ref failed);
                throw;
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        });
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peers.ConnectAsync(server.EndPoint)));
        await Eventually.IsEqualAsync(20, () => server.GetStatistics().Active, "active connections");

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        Assert.Equal((20, 20), (ended, failed));
        Assert.Equal(0, server.GetStatistics().Active);
        foreach (Socket peer in peers)
        {
            await peer.AssertSeesResetAsync();
            peer.Dispose();
        }

        Assert.True(Refuses(server));
    }

    [Fact]
    public async Task A_handler_that_waits_for_something_foreign_runs_its_finally_block_after_the_host_has_stopped()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(async _ =>
        {
            try
            {
                await foreign.Task;
            }
            finally
            {
                ended.SetResult();
            }
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");
        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreign.SetResult();

        await ended.Task.WaitAsync(Eventually.Promptly);
        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections", Eventually.Promptly);
    }

    [Fact]
    public async Task A_handler_that_finds_its_connection_closed_after_the_host_has_stopped_has_not_failed()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? failure = null;
        TcpServer server = await StartAsync(async connection =>
        {
            await foreign.Task;
            try
            {
                await connection.SendAsync("too late"u8.ToArray());
            }
            catch (Exception exception)
            {
                failure = exception;
                throw;
            }
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");
        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreign.SetResult();

        // It could not come home, and that is not its fault either.
        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections", Eventually.Promptly);
        IReadOnlyList<Exception> unhandled = TakeUnhandled();
        Assert.IsType<ObjectDisposedException>(failure);
        Assert.Equal((1, 0), (server.GetStatistics().ConnectionFailures, server.GetStatistics().HandlerFailures));
        Assert.Empty(unhandled);
    }

    [Fact]
    public async Task A_receive_that_the_stopping_host_ended_says_so_when_it_is_awaited_later()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? failure = null;
        TcpServer server = await StartAsync(async connection =>
        {
            ValueTask<int> receiving = connection.ReceiveAsync(new byte[1]);
            await foreign.Task;
            try
            {
                await receiving;
            }
            catch (Exception exception)
            {
                failure = exception;
                throw;
            }
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");
        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreign.SetResult();

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections", Eventually.Promptly);
        IReadOnlyList<Exception> unhandled = TakeUnhandled();
        Assert.Equal(SocketError.OperationAborted, Assert.IsType<SocketException>(failure).SocketErrorCode);
        Assert.Equal((1, 0), (server.GetStatistics().ConnectionFailures, server.GetStatistics().HandlerFailures));
        Assert.Empty(unhandled);
    }

    [Fact]
    public async Task A_stop_that_waits_ends_when_the_host_stops_and_the_last_handler_returns()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(async _ => await foreign.Task);
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");
        Task stopping = server.StopAsync();
        await AwaitShardsAsync();
        Assert.True(Refuses(server));
        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreign.SetResult();

        await stopping.WaitAsync(Eventually.Promptly);
    }

    [Fact]
    public async Task A_handler_that_fails_after_the_host_has_stopped_is_reported()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServer server = await StartAsync(async _ =>
        {
            await foreign.Task;
            throw new InvalidDataException("late");
        });
        using Socket peer = await Peers.ConnectAsync(server.EndPoint);
        await Eventually.IsEqualAsync(1, () => server.GetStatistics().Active, "active connections");
        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreign.SetResult();

        await Eventually.IsEqualAsync(1, () => UnhandledCount, "reported exceptions", Eventually.Promptly);
        Assert.IsType<InvalidDataException>(Assert.Single(TakeUnhandled()));
    }

    [Fact]
    public async Task Stopping_while_connections_pour_in_leaves_none_behind()
    {
        for (int round = 0; round < 20; round++)
        {
            TcpServer server = await StartAsync(Handlers.EchoAsync);
            bool done = false;
            Task pouring = Task.Run(() =>
            {
                while (!Volatile.Read(ref done))
                {
                    Socket peer = Peers.Create(server.EndPoint);
                    try
                    {
                        peer.Connect(server.EndPoint);
                    }
                    catch (SocketException)
                    {
                        // Refused, or reset in the backlog: the server has stopped.
                    }

                    peer.Reset();
                }
            });
            await Eventually.IsTrueAsync(() => server.GetStatistics().Accepted > 20, "connections come");

            await server.StopAsync(new CancellationToken(true)).WaitAsync(Eventually.Promptly);

            Volatile.Write(ref done, true);
            await pouring;
            Assert.Equal(0, server.GetStatistics().Active);
        }

        await AssertNothingIsLeftAsync();
    }

    private static bool Refuses(TcpServer server)
    {
        using Socket probe = Peers.Create(server.EndPoint);
        try
        {
            probe.Connect(server.EndPoint);
            probe.LingerState = new LingerOption(true, 0);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
