using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Reactor.Net.Kestrel;

// The end of the connection: told by the peer, asked for by the application, or brought about by the shard.
internal sealed partial class ReactorConnectionContext : IThreadPoolWorkItem
{
    private readonly CancellationTokenSource _closing = new();

    // The socket has been given back.
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Those who registered with ConnectionClosed have been told.
    private readonly TaskCompletionSource _closedIsTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosing;
    private volatile bool _isEnded;
    private Exception? _endReason;

    private CancellationToken _connectionClosed;

    /// <summary>Fires on the thread pool when nothing more is received: after the peer's FIN, a failure, an abort, or the end.</summary>
    public override CancellationToken ConnectionClosed
    {
        get
        {
            if (_pipe is null && !_isEnded)
            {
                // Only who receives learns of the end.
                Begin();
            }

            return _connectionClosed;
        }
        set => _connectionClosed = value;
    }

    /// <summary>Why the connection has ended, if it did so other than by the peer's FIN. Safe on any thread.</summary>
    internal Exception EndReason => Volatile.Read(ref _endReason)
        ?? new ConnectionAbortedException(_isEnded ? $"The application has closed connection {ConnectionId}." : $"The shard of connection {ConnectionId} has stopped, or its listener.");

    /// <summary>Whether nothing that is written will be sent any more. Safe on any thread.</summary>
    internal bool HasEnded => _closed.Task.IsCompleted || Volatile.Read(ref _endReason) is not null;

    /// <summary>Ends when the socket has been given back, whoever ended the connection.</summary>
    internal Task Closed => _closed.Task;

    /// <summary>
    /// Resets the connection. From any thread; the first reason is the one that is told. Without a reason, as Kestrel has none
    /// when the peer was the first to finish, it is closed: what has been flushed is still sent.
    /// </summary>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        if (abortReason is not null)
        {
            Abort((Exception)abortReason);
        }
        else if (!_isEnded)
        {
            _isEnded = true;
            _commands.Request(Command.Close);
        }
    }

    /// <summary>Resets the connection. From any thread.</summary>
    internal void Abort(Exception reason)
    {
        if (_closed.Task.IsCompleted)
        {
            return;
        }

        if (Interlocked.CompareExchange(ref _endReason, reason, null) is null)
        {
            TransportLog.ConnectionWriteRst(Logger, ConnectionId, reason.Message);
        }

        _commands.Request(Command.Abort);
    }

    /// <summary>
    /// The application is done with the connection. Ends when what it has written has been sent, or never will be, and when
    /// those who registered with <see cref="ConnectionClosed"/> have been told.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _isEnded = true;
        _pipe?.CompleteByApplication();
        _commands.Request(Command.End);
        await _closed.Task.ConfigureAwait(false);
        await _closedIsTold.Task.ConfigureAwait(false);
        _closing.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The peer has finished sending. On the shard.</summary>
    internal void OnReadFin()
    {
        TransportLog.ConnectionReadFin(Logger, ConnectionId);
        FireClosed();
    }

    /// <summary>The connection has failed under a receive or a send. On the shard; it is aborted in a later turn.</summary>
    internal void OnFailed(SocketException failure)
    {
        Exception reason = failure;
        if (failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected)
        {
            reason = new ConnectionResetException(failure.Message, failure);
        }

        if (Interlocked.CompareExchange(ref _endReason, reason, null) is null)
        {
            if (reason is ConnectionResetException)
            {
                TransportLog.ConnectionReset(Logger, ConnectionId);
            }
            else
            {
                TransportLog.ConnectionError(Logger, ConnectionId, failure);
            }
        }

        FireClosed();
        _commands.Request(Command.Abort);
    }

    /// <summary>The application has completed its output, and FIN goes out behind it. On the shard.</summary>
    internal void OnWriteFin() => TransportLog.ConnectionWriteFin(Logger, ConnectionId, "The application has completed its output.");

    internal void OnPaused(bool isPaused)
    {
        if (isPaused)
        {
            TransportLog.ConnectionPause(Logger, ConnectionId);
        }
        else
        {
            TransportLog.ConnectionResume(Logger, ConnectionId);
        }
    }

    /// <summary>The socket has been given back. On the shard, or anywhere once that has stopped.</summary>
    internal void OnClosed()
    {
        FireClosed();
        _closed.TrySetResult();
    }

    /// <summary>On the thread pool: tells those who registered with <see cref="ConnectionClosed"/>, whose code is the application's.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _closing.Cancel();
        }
        catch (Exception exception)
        {
            TransportLog.ClosedCallbackFailed(Logger, ConnectionId, exception);
        }

        _closedIsTold.TrySetResult();
    }

    /// <summary>Nothing more is received: has the token fire, on the thread pool. On any thread.</summary>
    internal void FireClosed()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>On the shard.</summary>
    private void AbortNow()
    {
        _connection.Abort();
        if (_pipe is null)
        {
            OnClosed();
        }
        else
        {
            _pipe.OnAborted();
        }
    }

    /// <summary>On the shard.</summary>
    private void CloseNow()
    {
        if (_pipe is null)
        {
            _connection.Close();
            OnClosed();
        }
        else
        {
            _pipe.Close();
        }
    }

    /// <summary>On the shard: the application reads and writes no more.</summary>
    private void EndNow()
    {
        if (_pipe is null)
        {
            CloseNow();
        }
        else
        {
            _pipe.End();
        }
    }

    /// <summary>What other threads ask of the connection's shard.</summary>
    [Flags]
    private enum Command
    {
        Abort = 1,
        Close = 2,
        End = 4,
    }

    private sealed class ShardCommands(ReactorConnectionContext context) : ForeignRequests(context.TransportShard.Shard)
    {
        internal void Request(Command command) => Request((int)command);

        protected override void Serve(int requests)
        {
            if ((requests & (int)Command.Abort) != 0)
            {
                context.AbortNow();
            }

            if ((requests & (int)Command.Close) != 0)
            {
                context.CloseNow();
            }

            if ((requests & (int)Command.End) != 0)
            {
                context.EndNow();
            }
        }

        protected override void OnShardStopped(int requests) => context.OnClosed();
    }
}
