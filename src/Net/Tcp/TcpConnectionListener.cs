using System.Net;
using System.Net.Sockets;
using Reactor.Polling;

namespace Reactor.Net;

/// <summary>
/// Listens on a TCP port and hands out its connections. It belongs to the shard that made it, and so do the connections.
/// One accept may be pending at a time.
/// </summary>
public sealed partial class TcpConnectionListener : ShardObject, IDisposable
{
    private readonly int _fd;
    private readonly int _handle;
    private bool _isClosed;

    /// <summary>Takes over a socket that listens.</summary>
    internal TcpConnectionListener(Shard shard, int fd, IPEndPoint localEndPoint)
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
        Shard shard = Shard.OfCaller($"listen on {endPoint}");
        using ListenerSockets sockets = ListenerSockets.Open(shard, endPoint, options ?? new TcpListenerOptions());
        return sockets.Take(0, shard);
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

        if (_wait is { IsBusy: true })
        {
            _wait.Abort(SocketErrors.Aborted($"accept on {LocalEndPoint}"));
        }

        Shard.Polls.Close(_handle, CloseMode.Graceful);
    }

    /// <summary>The bound address, as messages show it.</summary>
    public override string ToString() => $"TCP listener on {LocalEndPoint}";

    internal override void AbortAtStop() => Dispose();
}
