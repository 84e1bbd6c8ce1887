using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// The part of a <see cref="ConnectionServer{TConnection}"/> that lives on one shard: the connections that this serves, wherever they were
/// accepted, and the acceptor if the shard has a listener.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
internal sealed class ServerShard<TConnection>
    where TConnection : StreamConnection
{
    /// <summary>How long a handler may go on after its connection was aborted before stopping no longer waits for it.</summary>
    private static readonly TimeSpan s_handlerGrace = TimeSpan.FromSeconds(5);

    private readonly Func<TConnection, CancellationToken, Task> _handler;
    private readonly ConnectionLimit? _limit;
    private readonly ProxyProtocolOptions? _proxyProtocol;
    private readonly Action<StreamConnection, Exception>? _handlerFailed;
    private ServerAcceptor<TConnection>? _acceptor;

    // On the shard only. What is still in it when the shard stops is aborted by the shard.
    private readonly HashSet<TConnection> _active = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Connections given to this shard, by the one acceptor that gives it any.
    private long _accepted;

    // Those that are on their way or whose handler runs. Counted up by the acceptor, down here; handlers that end after
    // their shard has stopped count down on other threads.
    private long _connections;
    private long _connectionFailures;
    private long _handlerFailures;
    private long _proxyRefusals;
    private bool _isStopping;

    internal ServerShard(
        Shard shard,
        Func<TConnection, CancellationToken, Task> handler,
        ConnectionLimit? limit,
        ProxyProtocolOptions? proxyProtocol,
        Action<StreamConnection, Exception>? handlerFailed)
    {
        _handlerFailed = handlerFailed;
        Shard = shard;
        _handler = handler;
        _limit = limit;
        _proxyProtocol = proxyProtocol;
        _stoppingToken = _stopping.Token;
    }

    internal Shard Shard { get; }

    /// <summary>Connections now, those on their way included. Safe on any thread.</summary>
    internal long Connections => Volatile.Read(ref _connections);

    /// <summary>Safe on any thread: each number is whole, and a little old on other threads.</summary>
    internal ServerStatistics GetStatistics() => new(
        Volatile.Read(ref _accepted),
        Connections,
        _acceptor?.Errors ?? 0,
        _acceptor?.LimitPauses ?? 0,
        Volatile.Read(ref _connectionFailures),
        Volatile.Read(ref _handlerFailures),
        Volatile.Read(ref _proxyRefusals));

    /// <summary>On the shard: has it listen, and not accept yet.</summary>
    internal void Listen(ServerAcceptor<TConnection> acceptor) => _acceptor = acceptor;

    /// <summary>On the shard: begins to accept, if it listens.</summary>
    internal void StartAccepting() => _acceptor?.Start();

    /// <summary>On the shard: accepts no more, if it ever did.</summary>
    internal void StopAccepting() => _acceptor?.Stop();

    /// <summary>On the acceptor's shard: gives a connection to this one. It is counted here from now on, so that the acceptor sees at once whom it gave how many.</summary>
    internal void Take(AcceptedSocket socket, ConnectionListener<TConnection> listener)
    {
        _accepted++;
        Interlocked.Increment(ref _connections);
        if (Shard.IsOnShard)
        {
            Serve(socket, listener);
            return;
        }

        try
        {
            Shard.Post(static gift => gift.To.Serve(gift.Socket, gift.From), (To: this, Socket: socket, From: listener));
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped.
            Refuse(socket);
        }
    }

    /// <summary>On the shard: stops accepting, lets connections end until the deadline, then aborts the others.</summary>
    internal async Task StopAsync(CancellationToken deadline)
    {
        BeginStop();
        try
        {
            await _drained.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            await Shard.InvokeAsync(AbortAll, CancellationToken.None);
            await Task.WhenAny(_drained.Task, Task.Delay(s_handlerGrace, CancellationToken.None));
        }
    }

    private void BeginStop()
    {
        Volatile.Write(ref _isStopping, true);
        StopAccepting();
        try
        {
            // What handlers have registered with the token runs here and now, on their shard.
            _stopping.Cancel();
        }
        catch (AggregateException exception)
        {
            Shard.ReportUnhandled(exception);
        }

        // A handler that ends elsewhere counts down and then looks whether we stop; we do it the other way round.
        Interlocked.MemoryBarrier();
        if (Connections == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void AbortAll()
    {
        // Aborting only makes continuations ready: handlers end, and leave the set, in a later turn.
        foreach (TConnection connection in _active)
        {
            connection.AbortAtStop();
        }
    }

    /// <summary>On the shard: a connection has arrived.</summary>
    private void Serve(AcceptedSocket socket, ConnectionListener<TConnection> listener)
    {
        if (_isStopping)
        {
            Refuse(socket);
            return;
        }

        TConnection connection;
        try
        {
            connection = listener.Connect(Shard, socket);
        }
        catch (Exception exception)
        {
            Refuse(socket);
            if (exception is not ObjectDisposedException)
            {
                // Not because the shard stops.
                Shard.ReportUnhandled(exception);
            }

            return;
        }

        _active.Add(connection);
        Shard.NowRuns(_handler);
        _ = ServeAsync(connection);
    }

    /// <summary>The server or the shard stops: to the client it is as if the connection had never been accepted.</summary>
    private void Refuse(AcceptedSocket socket)
    {
        socket.Abort();
        CountDown();
    }

    private async Task ServeAsync(TConnection connection)
    {
        Exception? failure = null;
        Activity? activity = ConnectionActivity.Start(connection);
        try
        {
            if (_proxyProtocol is null || await TryReceiveProxyHeaderAsync(connection, _proxyProtocol))
            {
                await _handler(connection, _stoppingToken);
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        ConnectionActivity.End(activity, failure);

        // The handler may have left the shard with its last await, with no synchronization context to bring us home.
        if (Shard.IsOnShard || !TryPostFinish(connection, failure))
        {
            Finish(connection, failure);
        }
    }

    /// <summary>
    /// False when none comes, or no valid one: the connection has been reset, and counted. Who sends such things may do so all
    /// day; so nobody is told, and no exception is thrown but the kernel's.
    /// </summary>
    private async ValueTask<bool> TryReceiveProxyHeaderAsync(TConnection connection, ProxyProtocolOptions options)
    {
        try
        {
            ProxyParseResult result = await ProxyHeaderReceiver.ReceiveAsync(connection, options, _stoppingToken);
            if (result.Header is not null)
            {
                return true;
            }
        }
        catch (SocketException) when (!connection.IsAbortedByOwner)
        {
            // Reset by the peer before the header was there.
        }

        connection.Abort();
        _proxyRefusals++;
        return false;
    }

    /// <summary>False when the shard has stopped, and has aborted what it held.</summary>
    private bool TryPostFinish(TConnection connection, Exception? failure)
    {
        try
        {
            Shard.Post(static end => end.Of.Finish(end.Connection, end.Failure), (Of: this, Connection: connection, Failure: failure));
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>On the shard; on any thread once that has stopped, and then the connection is closed already.</summary>
    private void Finish(TConnection connection, Exception? failure)
    {
        if (failure is null)
        {
            connection.Close();
        }
        else
        {
            connection.Abort();
            if (IsOfConnection(failure) || (failure is ObjectDisposedException && connection.IsAbortedByOwner))
            {
                Interlocked.Increment(ref _connectionFailures);
            }
            else
            {
                Tell(connection, failure);
                Interlocked.Increment(ref _handlerFailures);
            }
        }

        if (connection.IsDraining)
        {
            // It holds its place, and a stop waits for it, until what was flushed has been sent.
            connection.WhenDrained(() => Leave(connection));
        }
        else
        {
            Leave(connection);
        }
    }

    /// <summary>Whether it tells what the network did, and not what the handler did wrong.</summary>
    private static bool IsOfConnection(Exception failure) =>
        failure is SocketException or OperationCanceledException or HandshakeFailedException or IOException { InnerException: SocketException };

    /// <summary>The connection has ended, and has sent what was flushed before; on the shard, unless that has stopped.</summary>
    private void Leave(TConnection connection)
    {
        if (connection.HasLostOutput)
        {
            Interlocked.Increment(ref _connectionFailures);
        }

        CountDown();
        if (Shard.IsOnShard)
        {
            _active.Remove(connection);
            _acceptor?.OnConnectionEnded();
        }
    }

    private void Tell(TConnection connection, Exception failure)
    {
        if (_handlerFailed is { } handlerFailed)
        {
            Shard.ReportUnhandled(failure, (_, failure) => handlerFailed(connection, failure));
        }
        else
        {
            Shard.ReportUnhandled(failure);
        }
    }

    private void CountDown()
    {
        if (Interlocked.Decrement(ref _connections) == 0 && Volatile.Read(ref _isStopping))
        {
            _drained.TrySetResult();
        }

        _limit?.GiveBack();
    }
}
