using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Reactor.Tests.Hosting;

namespace Reactor.Net.Tests.Hosting;

/// <summary>Each connection has a scope of services of its own, or each shard has one handler.</summary>
public sealed class ConnectionScopeTests
{
    private const string AnyPort = "127.0.0.1:0";

    [Fact]
    public async Task Connections_share_no_scoped_service_and_what_one_connection_resolves_is_one()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<CountingHandler>(made);
        using Socket first = await ConnectAsync(application);
        using Socket second = await ConnectAsync(application);

        // Each counts its own messages, although they alternate.
        Assert.Equal(1, await AskAsync(first));
        Assert.Equal(1, await AskAsync(second));
        Assert.Equal(2, await AskAsync(first));
        Assert.Equal(2, await AskAsync(second));
        Assert.Equal(2, made.Sessions.Count);
        Assert.All(made.Handlers, handler => Assert.Same(handler.Session, handler.Helper.Session));
    }

    [Fact]
    public async Task A_scope_is_disposed_once_and_on_its_shard_when_the_peer_has_finished()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<CountingHandler>(made);
        using Socket peer = await ConnectAsync(application);
        await AskAsync(peer);

        peer.ShutdownSend();
        await peer.AssertSeesFinAsync();

        AssertDisposedAtHome(made, 1);
    }

    [Fact]
    public async Task A_scope_is_disposed_once_and_on_its_shard_when_the_peer_resets()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<CountingHandler>(made);
        Socket peer = await ConnectAsync(application);
        await AskAsync(peer);

        peer.Reset();

        await Eventually.IsEqualAsync(0, () => application.Servers["server"].GetStatistics().Active, "connections");
        AssertDisposedAtHome(made, 1);
    }

    [Fact]
    public async Task A_scope_is_disposed_once_and_on_its_shard_when_the_handler_fails()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<FailingHandler>(made);
        using Socket peer = await ConnectAsync(application);

        await peer.SendAllAsync("!"u8.ToArray());
        await peer.AssertSeesResetAsync();

        TestLog.Entry entry = await application.TakeAsync(4);
        Assert.IsType<InvalidDataException>(entry.Exception);
        Assert.Contains("'server'", entry.Message, StringComparison.Ordinal);
        Assert.Contains(peer.LocalEndPoint!.ToString()!, entry.Message, StringComparison.Ordinal);
        Assert.Empty(application.Log.Of("Reactor", 4));
        AssertDisposedAtHome(made, 1);
        Assert.Equal(1, application.Servers["server"].GetStatistics().HandlerFailures);
        Assert.Equal(1, application.Reactor.Shards.Sum(shard => shard.GetStatistics().UnhandledExceptions));
    }

    [Fact]
    public async Task Scopes_are_disposed_once_and_on_their_shards_when_the_host_aborts_their_connections()
    {
        var made = new Made();
        TestApplication application = await StartAsync<CountingHandler>(made);
        using Socket first = await ConnectAsync(application);
        using Socket second = await ConnectAsync(application);
        await AskAsync(first);
        await AskAsync(second);
        using var deadline = new CancellationTokenSource();
        deadline.Cancel();

        await application.StopAsync(deadline.Token);

        AssertDisposedAtHome(made, 2);
        await application.DisposeAsync();
        AssertDisposedAtHome(made, 2);
    }

    [Fact]
    public async Task A_handler_that_leaves_its_shard_has_its_scope_disposed_there_all_the_same()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<LeavingHandler>(made, ("Reactor:UseSynchronizationContext", "false"));
        using Socket peer = await ConnectAsync(application);

        await peer.AssertSeesFinAsync();

        AssertDisposedAtHome(made, 1);
    }

    [Fact]
    public async Task A_handler_that_cannot_be_constructed_resets_its_connection_and_is_logged()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<CountingHandler>("server", AnyPort));

        await AssertIsResetAsync(application);
        await AssertIsResetAsync(application);

        TestLog.Entry entry = await application.TakeAsync(4);
        Assert.Contains(nameof(Session), Assert.IsType<InvalidOperationException>(entry.Exception).Message, StringComparison.Ordinal);
        await Eventually.IsEqualAsync(2, () => application.Servers["server"].GetStatistics().HandlerFailures, "failures");
    }

    [Fact]
    public async Task A_scope_that_cannot_be_disposed_resets_its_connection_and_is_logged()
    {
        var made = new Made { FailDisposal = true };
        await using TestApplication application = await StartAsync<CountingHandler>(made);
        using Socket peer = await ConnectAsync(application);
        await AskAsync(peer);

        peer.ShutdownSend();
        await peer.AssertSeesResetAsync();

        Assert.IsType<IOException>((await application.TakeAsync(4)).Exception);
    }

    [Fact]
    public async Task When_handler_and_disposal_fail_both_are_logged()
    {
        var made = new Made { FailDisposal = true };
        await using TestApplication application = await StartAsync<FailingHandler>(made);
        using Socket peer = await ConnectAsync(application);

        await peer.SendAllAsync("!"u8.ToArray());
        await peer.AssertSeesResetAsync();

        Assert.IsType<InvalidDataException>((await application.TakeAsync(4)).Exception);
        Assert.IsType<IOException>((await application.TakeAsync(8)).Exception);
    }

    [Fact]
    public async Task One_handler_of_a_shard_serves_all_its_connections_and_is_disposed_there_at_the_end()
    {
        var made = new Made();
        TestApplication application = await StartAsync<CountingHandler>(made, ("Reactor:Servers:server:HandlerLifetime", "Shard"), ("Reactor:Servers:server:Distribution", "LeastConnections"));
        Assert.Equal(2, made.Sessions.Count);
        Socket[] peers = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ConnectAsync(application)))];
        foreach (Socket peer in peers)
        {
            await AskAsync(peer);
        }

        Assert.Equal([2, 2], made.Sessions.Select(session => session.Count));
        Array.ForEach(peers, peer => peer.Dispose());
        await application.DisposeAsync();
        AssertDisposedAtHome(made, 2);
    }

    [Fact]
    public async Task A_handler_of_a_shard_that_cannot_be_constructed_fails_the_start()
    {
        await using var application = new TestApplication(services => services.AddTcpServer<CountingHandler>("server", AnyPort, options => options.HandlerLifetime = TcpHandlerLifetime.Shard));

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => application.StartAsync());

        Assert.Contains(nameof(Session), failure.Message, StringComparison.Ordinal);
        Assert.Empty(application.Servers["server"].EndPoints);
    }

    [Fact]
    public async Task The_users_own_callback_for_exceptions_is_told_instead_of_the_log()
    {
        var told = new ConcurrentQueue<Exception>();
        var made = new Made();
        await using TestApplication application = await TestApplication.StartAsync(services => Add<FailingHandler>(services, made)
            .AddReactor(options => options.UnhandledException = (_, exception) => told.Enqueue(exception)));
        using Socket peer = await ConnectAsync(application);

        await peer.SendAllAsync("!"u8.ToArray());
        await peer.AssertSeesResetAsync();

        await Eventually.IsEqualAsync(1, () => told.Count, "exceptions told");
        Assert.Empty(application.Log.Of("Reactor.Net", 4));
    }

    [Fact]
    public async Task Many_connections_at_once_have_as_many_scopes_and_each_is_disposed_once()
    {
        var made = new Made();
        await using TestApplication application = await StartAsync<CountingHandler>(made);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using Socket peer = await ConnectAsync(application);
            for (int message = 1; message <= 3; message++)
            {
                Assert.Equal(message, await AskAsync(peer));
            }

            if (i % 2 == 0)
            {
                peer.Reset();
            }
        }));

        await Eventually.IsEqualAsync(0, () => application.Servers["server"].GetStatistics().Active, "connections");
        AssertDisposedAtHome(made, 100);
    }

    private static Task<TestApplication> StartAsync<THandler>(Made made, params (string Key, string? Value)[] settings)
        where THandler : class, ITcpConnectionHandler => TestApplication.StartAsync(services => Add<THandler>(services, made), settings);

    private static IServiceCollection Add<THandler>(IServiceCollection services, Made made)
        where THandler : class, ITcpConnectionHandler => services
            .AddSingleton(made)
            .AddScoped<Session>()
            .AddTransient<Helper>()
            .AddTcpServer<THandler>("server", AnyPort);

    private static Task<Socket> ConnectAsync(TestApplication application) => Peers.ConnectAsync(application.Servers["server"].EndPoint);

    private static async Task AssertIsResetAsync(TestApplication application)
    {
        Socket peer;
        try
        {
            peer = await ConnectAsync(application);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // So fast that it is seen by the connect.
            return;
        }

        using (peer)
        {
            await peer.AssertSeesResetAsync();
        }
    }

    private static async Task<int> AskAsync(Socket peer)
    {
        await peer.SendAllAsync("?"u8.ToArray());
        return (await peer.ReceiveExactlyAsync(1))[0];
    }

    private static void AssertDisposedAtHome(Made made, int count)
    {
        Assert.Equal(count, made.Sessions.Count);
        Assert.All(made.Sessions, session => Assert.Equal([session.MadeOn], session.DisposedOn));
    }

    internal sealed class Made
    {
        internal ConcurrentQueue<Session> Sessions { get; } = [];

        internal ConcurrentQueue<CountingHandler> Handlers { get; } = [];

        internal bool FailDisposal { get; init; }
    }

    /// <summary>A scoped service with the state of one connection.</summary>
    internal sealed class Session : IAsyncDisposable
    {
        private readonly Made _made;

        public Session(Made made)
        {
            _made = made;
            made.Sessions.Enqueue(this);
        }

        internal int Count { get; set; }

        internal Shard? MadeOn { get; } = Shard.Current;

        internal ConcurrentQueue<Shard?> DisposedOn { get; } = [];

        public ValueTask DisposeAsync()
        {
            DisposedOn.Enqueue(Shard.Current);
            return _made.FailDisposal ? throw new IOException("not saved") : ValueTask.CompletedTask;
        }
    }

    internal sealed class Helper(Session session)
    {
        internal Session Session => session;
    }

    /// <summary>Answers each byte with the number of bytes that its session has seen.</summary>
    internal sealed class CountingHandler : ITcpConnectionHandler
    {
        public CountingHandler(Session session, Helper helper, Made made)
        {
            Session = session;
            Helper = helper;
            made.Handlers.Enqueue(this);
        }

        internal Session Session { get; }

        internal Helper Helper { get; }

        public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
        {
            byte[] one = new byte[1];
            while (await connection.ReceiveAsync(one, CancellationToken.None) > 0)
            {
                one[0] = (byte)++Session.Count;
                await connection.SendAsync(one, CancellationToken.None);
            }
        }
    }

    private sealed class FailingHandler(Session session) : ITcpConnectionHandler
    {
        public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
        {
            await connection.ReceiveAsync(new byte[1], CancellationToken.None);
            throw new InvalidDataException($"not what {session.Count} expects");
        }
    }

    private sealed class LeavingHandler(Session session) : ITcpConnectionHandler
    {
        public async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
        {
            await Task.Run(() => session.Count++, CancellationToken.None);
            Assert.Null(Shard.Current);
        }
    }
}
