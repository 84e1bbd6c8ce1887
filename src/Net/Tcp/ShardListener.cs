using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>The part of a <see cref="TcpServer"/> that lives on one shard: a listener, and the connections that it accepted.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Stopping disposes the timer; the token source has no timer and no handle.")]
internal sealed class ShardListener
{
    /// <summary>How long accepting pauses when the process is out of descriptors: long enough not to spin, short enough not to be noticed.</summary>
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a handler may go on after its connection was aborted before stopping no longer waits for it.</summary>
    private static readonly TimeSpan s_handlerGrace = TimeSpan.FromSeconds(5);

    private readonly TcpConnectionListener _listener;
    private readonly Func<TcpConnection, CancellationToken, Task> _handler;

    // Made, and fired once, at the start: when no descriptor is left, neither it nor the runtime's timer thread, which
    // needs a pipe, could be made.
    private readonly Timer _acceptRetry;

    // On the shard only. What is still in it when the shard stops is aborted by the shard.
    private readonly HashSet<TcpConnection> _active = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isPaused;

    // Accepting has failed and been reported, and has not worked since.
    private bool _isOutOfDescriptors;

    // Handlers that run. Those that end after their shard has stopped count down on other threads.
    private long _running;
    private long _accepted;
    private long _acceptErrors;
    private long _connectionFailures;
    private long _handlerFailures;
    private bool _isStopping;

    private ShardListener(TcpConnectionListener listener, Func<TcpConnection, CancellationToken, Task> handler)
    {
        _listener = listener;
        _handler = handler;
        _stoppingToken = _stopping.Token;
        _acceptRetry = new Timer(
            static self => ((ShardListener)self!).TryPost(((ShardListener)self).ResumeAccepting), this, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
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
        Volatile.Read(ref _running),
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
            await Shard.InvokeAsync(AbortAll, CancellationToken.None);
            await Task.WhenAny(_drained.Task, Task.Delay(s_handlerGrace, CancellationToken.None));
        }
    }

    private void BeginStop()
    {
        Volatile.Write(ref _isStopping, true);
        _acceptRetry.Dispose();
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

        // A handler that ends elsewhere counts down and then looks whether we stop; we do it the other way round.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _running) == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void AbortAll()
    {
        // Aborting only makes continuations ready: handlers end, and leave the set, in a later turn.
        foreach (TcpConnection connection in _active)
        {
            connection.AbortAtStop();
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
                Interlocked.Increment(ref _running);
                _ = ServeAsync(connection);
            }
            catch (Exception) when (_listener.IsClosed)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was (without descriptors, the runtime cannot even load what its exceptions need), the server
                // must not stop accepting for ever.
                PauseAccepting(exception);
                return;
            }
        }
    }

    /// <summary>
    /// Out of descriptors or memory: those connected are served on, and accepting is tried again after a while, or when a
    /// connection ends. Told once, until it has worked again.
    /// </summary>
    private void PauseAccepting(Exception exception)
    {
        _acceptErrors++;
        _isPaused = true;
        _acceptRetry.Change(s_acceptPause, Timeout.InfiniteTimeSpan);
        if (!_isOutOfDescriptors)
        {
            _isOutOfDescriptors = true;
            Shard.ReportUnhandled(exception);
        }
    }

    private void ResumeAccepting()
    {
        if (_isPaused)
        {
            _isPaused = false;
            _ = AcceptAllAsync();
        }
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

        // The handler may have left the shard with its last await, with no synchronization context to bring us home.
        if (Shard.IsOnShard || !TryPost(() => Finish(connection, failure)))
        {
            Finish(connection, failure);
        }
    }

    /// <summary>On the shard; on any thread once that has stopped, and then the connection is closed already.</summary>
    private void Finish(TcpConnection connection, Exception? failure)
    {
        if (failure is null)
        {
            connection.Close();
        }
        else
        {
            connection.Abort();
            if (failure is SocketException or OperationCanceledException || (failure is ObjectDisposedException && connection.IsAbortedByOwner))
            {
                Interlocked.Increment(ref _connectionFailures);
            }
            else
            {
                Interlocked.Increment(ref _handlerFailures);
                Shard.ReportUnhandled(failure);
            }
        }

        if (Shard.IsOnShard)
        {
            // A descriptor has become free.
            _active.Remove(connection);
            ResumeAccepting();
        }

        if (Interlocked.Decrement(ref _running) == 0 && Volatile.Read(ref _isStopping))
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>False when the shard has stopped, and has aborted what it held.</summary>
    private bool TryPost(Action action)
    {
        try
        {
            Shard.Post(action);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
