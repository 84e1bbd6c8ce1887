using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// Listens on a TCP port and hands out its connections. It belongs to the shard that made it, and so do the connections.
/// One accept may be pending at a time.
/// </summary>
public sealed class TcpConnectionListener : ShardObject, IDisposable
{
    /// <summary>
    /// Descriptors that connections leave to the runtime, which needs some at any time: to load an assembly, to start a
    /// thread, to write to the console for the first time. Without any it aborts the process.
    /// </summary>
    private const int Headroom = 32;

    private readonly int _fd;
    private readonly int _handle;
    private AcceptOperation? _accept;

    // The last accept found a connection, so there may be another: connections come in bursts.
    private bool _mayHaveMore;

    // Descriptor numbers from here on are left to the runtime.
    private int _endOfConnections;

    // The last connection came so near; perhaps others have ended since.
    private bool _isNearLimit;
    private bool _isClosed;

    private TcpConnectionListener(Shard shard, int fd, IPEndPoint localEndPoint)
        : base(shard)
    {
        _fd = fd;
        _endOfConnections = EndOfConnections();
        LocalEndPoint = localEndPoint;
        _handle = shard.Polls.Register(fd);
    }

    /// <summary>The address that it is bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether the listener has been disposed, or its shard has stopped.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Starts to listen on the current shard.</summary>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    public static TcpConnectionListener Listen(IPEndPoint endPoint, TcpListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= new TcpListenerOptions();
        string attempt = $"listen on {endPoint}";
        Shard shard = Shard.OfCaller(attempt);
        int fd = ShardSocket.CreateTcp(attempt, shard, endPoint.AddressFamily);
        try
        {
            // A port whose last server has just gone still has connections in TIME_WAIT; that is no reason to wait.
            ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1));
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, options.DualMode ? 0 : 1));
            }

            ShardSocket.Check(attempt, shard, options.Connection.ApplyTo(fd));
            ShardSocket.Check(attempt, shard, Sockets.Bind(fd, NativeAddress.From(endPoint)));
            ShardSocket.Check(attempt, shard, Sockets.Listen(fd, options.Backlog));
            NativeAddress bound = default;
            ShardSocket.Check(attempt, shard, Sockets.LocalAddress(fd, ref bound));
            return new TcpConnectionListener(shard, fd, bound.ToIPEndPoint()!);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>Takes the next connection, or waits for it.</summary>
    /// <param name="cancellationToken">Ends the wait; the next connection is for the next accept.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or an accept is pending already.</exception>
    /// <exception cref="ObjectDisposedException">The listener is closed.</exception>
    /// <exception cref="SocketException">
    /// No file descriptor left (<see cref="SocketError.TooManyOpenSockets"/>: wait a little and try again), or the listener
    /// was closed while the accept was pending (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<TcpConnection> AcceptAsync(CancellationToken cancellationToken = default)
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
            return ValueTask.FromCanceled<TcpConnection>(cancellationToken);
        }

        // In a flood of connections, those that are here already get their turn in between.
        if (_mayHaveMore && Shard.MayEndAtOnce())
        {
            SysResult result = TryAccept(out TcpConnection? connection);
            if (connection is not null)
            {
                return new ValueTask<TcpConnection>(connection);
            }

            if (!result.WouldBlock)
            {
                return ValueTask.FromException<TcpConnection>(AcceptError(result.Errno));
            }
        }

        return accept.Start(cancellationToken);
    }

    /// <summary>Stops listening. Connections that wait to be accepted are reset by the kernel; those handed out live on. A second call does nothing.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Dispose()
    {
        // Before the check, so that disposing what a stopped shard has closed is no error, wherever it happens.
        if (_isClosed)
        {
            return;
        }

        Shard.VerifyAccess();
        _isClosed = true;
        Shard.Disown(this);
        if (_accept is { IsBusy: true })
        {
            _accept.Abort(SocketErrors.Aborted($"accept on {LocalEndPoint}"));
        }

        Shard.Polls.Close(_handle, CloseMode.Graceful);
    }

    /// <summary>The bound address, as messages show it.</summary>
    public override string ToString() => $"TCP listener on {LocalEndPoint}";

    internal override void AbortAtStop() => Dispose();

    private SysResult TryAccept(out TcpConnection? connection)
    {
        connection = null;
        if (_isNearLimit && !HasDescriptorsLeft())
        {
            return SysResult.Failure(LibC.EMFILE);
        }

        NativeAddress peer = default;
        while (true)
        {
            Shard.Counters.IoCalls++;
            SysResult result = Sockets.Accept(_fd, ref peer);
            _mayHaveMore = !result.IsError;
            if (!result.IsError)
            {
                _isNearLimit = result.Value >= _endOfConnections;
                connection = new TcpConnection(Shard, result.Value, peer);
                return result;
            }

            if (!IsTransient(result.Errno))
            {
                return result;
            }
        }
    }

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

    private SocketException AcceptError(int errno) => SocketErrors.From($"accept on {LocalEndPoint}", errno);

    private sealed class AcceptOperation(TcpConnectionListener listener) : ShardOperation<TcpConnection>(listener.Shard)
    {
        internal ValueTask<TcpConnection> Start(CancellationToken cancellationToken)
        {
            Arm();
            Begin(cancellationToken);
            return Future;
        }

        protected override void Attempt(int pollResult)
        {
            TcpConnection? connection = null;
            SysResult result = pollResult < 0 ? SysResult.Failure(-pollResult) : listener.TryAccept(out connection);
            if (connection is not null)
            {
                Complete(connection);
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

        protected override void Abandon() => Shard.Polls.Abandon(listener._handle, PollDirection.Read);

        private void Arm() => Shard.Polls.Arm(listener._handle, PollDirection.Read, this);
    }
}
