using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>The part of a <see cref="TcpServer"/> that lives on one shard: a listener, and the connections that it accepted.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
internal sealed class ShardListener
{
    /// <summary>How long accepting pauses when the process is out of descriptors: long enough not to spin, short enough not to be noticed.</summary>
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a handler may go on after its connection was aborted before stopping no longer waits for it.</summary>
    private static readonly TimeSpan s_handlerGrace = TimeSpan.FromSeconds(5);

    private readonly TcpConnectionListener _listener;
    private readonly Func<TcpConnection, CancellationToken, Task> _handler;
    private readonly HashSet<TcpConnection> _active = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStopping;

    // Accepting has failed and been reported, and has not worked since.
    private bool _isOutOfDescriptors;

    private long _accepted;
    private long _acceptErrors;
    private long _connectionFailures;
    private long _handlerFailures;

    private ShardListener(TcpConnectionListener listener, Func<TcpConnection, CancellationToken, Task> handler)
    {
        _listener = listener;
        _handler = handler;
        _stoppingToken = _stopping.Token;
    }

    internal IPEndPoint EndPoint => _listener.LocalEndPoint;

    private Shard Shard => _listener.Shard;

    /// <summary>Listens on the current shard and begins to accept.</summary>
    internal static ShardListener Start(IPEndPoint endPoint, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions options)
    {
        var server = new ShardListener(TcpConnectionListener.Listen(endPoint, options.Listener), handler);
        _ = server.AcceptAllAsync();
        return server;
    }

    /// <summary>Safe on any thread: each number is whole, and a little old on other threads.</summary>
    internal TcpServerStatistics GetStatistics() => new(
        Volatile.Read(ref _accepted),
        _active.Count,
        Volatile.Read(ref _acceptErrors),
        Volatile.Read(ref _connectionFailures),
        Volatile.Read(ref _handlerFailures));

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
            await Shard.InvokeAsync(AbortAll);
            await Task.WhenAny(_drained.Task, Task.Delay(s_handlerGrace, CancellationToken.None));
        }
    }

    private void BeginStop()
    {
        _isStopping = true;
        _listener.Dispose();
        try
        {
            // What handlers have registered with the token runs here and now, on their shard.
            _stopping.Cancel();
        }
        catch (AggregateException exception)
        {
            Shard.ReportUnhandled(exception);
        }

        if (_active.Count == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void AbortAll()
    {
        // Aborting only makes continuations ready: handlers end, and leave the set, in a later turn.
        foreach (TcpConnection connection in _active)
        {
            connection.Abort();
        }
    }

    private async Task AcceptAllAsync()
    {
        while (!_isStopping)
        {
            try
            {
                TcpConnection connection = await _listener.AcceptAsync();
                _accepted++;
                _isOutOfDescriptors = false;
                _active.Add(connection);
                _ = ServeAsync(connection);
            }
            catch (SocketException exception) when (!_listener.IsClosed)
            {
                PauseAccepting(exception);
                return;
            }
            catch (Exception) when (_listener.IsClosed)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Out of descriptors or memory: those connected are served on, and accepting is tried again after a while. Told once,
    /// until it has worked again.
    /// </summary>
    private void PauseAccepting(SocketException exception)
    {
        _acceptErrors++;
        if (!_isOutOfDescriptors)
        {
            _isOutOfDescriptors = true;
            Shard.ReportUnhandled(exception);
        }

        Task.Delay(s_acceptPause).ContinueWith(_ => OnShard(() => _ = AcceptAllAsync()), TaskScheduler.Default);
    }

    private async Task ServeAsync(TcpConnection connection)
    {
        Exception? failure = null;
        try
        {
            await _handler(connection, _stoppingToken);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        if (Shard.IsOnShard)
        {
            Finish(connection, failure);
        }
        else
        {
            // The handler left the shard with its last await, and no synchronization context brought us home.
            OnShard(() => Finish(connection, failure));
        }
    }

    private void Finish(TcpConnection connection, Exception? failure)
    {
        if (failure is null)
        {
            connection.Close();
        }
        else
        {
            connection.Abort();
            if (failure is SocketException or OperationCanceledException)
            {
                _connectionFailures++;
            }
            else
            {
                _handlerFailures++;
                Shard.ReportUnhandled(failure);
            }
        }

        _active.Remove(connection);
        if (_isStopping && _active.Count == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void OnShard(Action action)
    {
        try
        {
            Shard.Post(action);
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped, and has aborted what it held.
        }
    }
}
