using System.Diagnostics;
using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

// Accepting.
public abstract partial class ConnectionListener<TConnection>
{
    /// <summary>
    /// Descriptors that connections leave to the runtime, which needs some at any time: to load an assembly, to start a
    /// thread, to write to the console for the first time. Without any it aborts the process.
    /// </summary>
    private const int Headroom = 32;

    private AcceptOperation? _accept;
    private WaitOperation? _wait;

    // The last accept found a connection, so there may be another: connections come in bursts.
    private bool _mayHaveMore;

    // Descriptor numbers from here on are left to the runtime.
    private int _endOfConnections;

    // The last connection came so near; perhaps others have ended since.
    private bool _isNearLimit;

    /// <summary>Takes the next connection, or waits for it.</summary>
    /// <param name="cancellationToken">Ends the wait; the next connection is for the next accept.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or an accept is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    /// <exception cref="SocketException">
    /// No file descriptor left (<see cref="SocketError.TooManyOpenSockets"/>: wait a little and try again), or the listener
    /// was closed while the accept was pending (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<TConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        Shard.VerifyAccess();
        ObjectDisposedException.ThrowIf(_isClosed, this);
        AcceptOperation accept = _accept ??= new AcceptOperation(this);
        if (accept.IsBusy)
        {
            throw new InvalidOperationException($"An accept is pending on {this} already. Await it before you start the next: one at a time.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TConnection>(cancellationToken);
        }

        // In a flood of connections, those that are here already get their turn in between.
        if (_mayHaveMore && !Shard.SliceIsOver)
        {
            SysResult result = TryAccept(out AcceptedSocket socket);
            if (!result.IsError)
            {
                return new ValueTask<TConnection>(Connect(Shard, socket));
            }

            if (!result.WouldBlock)
            {
                return ValueTask.FromException<TConnection>(AcceptError(result.Errno));
            }
        }

        return accept.Start(cancellationToken);
    }

    /// <summary>Takes the next connection if there is one, and leaves open whose it will be.</summary>
    internal SysResult TryAccept(out AcceptedSocket socket)
    {
        Debug.Assert(!_isClosed, "the number may be another socket's by now");
        socket = default;
        if (_isNearLimit && !HasDescriptorsLeft())
        {
            Shard.Counters.AcceptErrors++;
            return SysResult.Failure(LibC.EMFILE);
        }

        while (true)
        {
            Shard.Counters.IoCalls++;
            SysResult result = Accept(_fd, out socket);
            _mayHaveMore = !result.IsError;
            if (!result.IsError)
            {
                _isNearLimit = result.Value >= _endOfConnections;
                return result;
            }

            if (!IsTransient(result.Errno))
            {
                Shard.Counters.AcceptErrors += result.WouldBlock ? 0 : 1;
                return result;
            }
        }
    }

    /// <summary>
    /// Waits until <see cref="TryAccept"/> is likely to find a connection, at least until the next turn: for who asks
    /// before each accept whether there is room for a connection. Not while an accept is pending.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    /// <exception cref="SocketException">The listener was closed during the wait.</exception>
    internal ValueTask WaitForConnectionAsync()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return (_wait ??= new WaitOperation(this)).Start();
    }

    internal SocketException AcceptError(int errno) => SocketErrors.From($"accept on {LocalEndPoint}", errno);

    private static int EndOfConnections()
    {
        int limit = FileDescriptor.Limit();
        return limit - Math.Min(Headroom, limit / 8);
    }

    /// <summary>The kernel gives the lowest number that is free: so a number tells how near the limit is.</summary>
    private bool HasDescriptorsLeft()
    {
        // The limit may have been raised meanwhile.
        _endOfConnections = EndOfConnections();
        SysResult lowest = FileDescriptor.Duplicate(_fd);
        Shard.Counters.IoCalls += 3;
        return !lowest.IsError && !FileDescriptor.Close(lowest.Value).IsError && lowest.Value < _endOfConnections;
    }

    /// <summary>
    /// The connection that was first in line is gone, or its network is; the ones behind it are not. Linux hands over
    /// pending errors of a new connection through accept, and its manual asks to try again.
    /// </summary>
    private static bool IsTransient(int errno) =>
        errno == LibC.EINTR || errno == LibC.ECONNABORTED || errno == LibC.EPROTO || errno == LibC.ENETDOWN
        || errno == LibC.ENOPROTOOPT || errno == LibC.EHOSTDOWN || errno == LibC.ENONET || errno == LibC.EHOSTUNREACH
        || errno == LibC.ENETUNREACH;

    private sealed class AcceptOperation(ConnectionListener<TConnection> listener) : ShardOperation<TConnection>(listener.Shard, listener._handle, PollDirection.Read)
    {
        internal ValueTask<TConnection> Start(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            AcceptedSocket socket = default;
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : listener.TryAccept(out socket);
            if (!result.IsError)
            {
                Complete(listener.Connect(Shard, socket));
            }
            else if (result.WouldBlock)
            {
                Arm();
            }
            else
            {
                Fail(listener.AcceptError(result.Errno));
            }
        }
    }

    private sealed class WaitOperation(ConnectionListener<TConnection> listener) : ShardOperation<bool>(listener.Shard, listener._handle, PollDirection.Read)
    {
        internal ValueTask Start()
        {
            Arm();
            Begin(CancellationToken.None);
            return VoidFuture;
        }

        protected override void Attempt(int pollResult)
        {
            if (pollResult < 0)
            {
                Fail(listener.AcceptError(-pollResult));
            }
            else
            {
                Complete(true);
            }
        }
    }
}
