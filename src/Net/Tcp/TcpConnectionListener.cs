using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Listens on a TCP port and hands out its connections. It belongs to the shard that made it, and so do the connections.
/// One accept may be pending at a time.
/// </summary>
public sealed class TcpConnectionListener : ConnectionListener<TcpConnection>
{
    /// <summary>Takes over a socket that listens.</summary>
    internal TcpConnectionListener(Shard shard, int fd, IPEndPoint localEndPoint, bool isShared)
        : base(shard, fd, isShared) => LocalEndPoint = localEndPoint;

    /// <summary>The address that it is bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    public override IPEndPoint LocalEndPoint { get; }

    /// <summary>Starts to listen on the current shard.</summary>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    public static TcpConnectionListener Listen(IPEndPoint endPoint, TcpListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Shard shard = Shard.OfCaller($"listen on {endPoint}");
        options ??= new TcpListenerOptions();
        options.Validate(nameof(TcpListenerOptions));
        using ListenerSockets sockets = ListenerSockets.Open(shard, endPoint, options);
        return sockets.Take(0, shard);
    }

    /// <summary>
    /// Accepts on the current shard what comes in on a socket that somebody else has opened, as the service manager
    /// (<see cref="SystemdSockets"/>).
    /// </summary>
    /// <param name="handle">
    /// A TCP socket that listens. The listener takes a duplicate; it is not shut down with the listener, so that others who have
    /// the socket go on, and clients who have not been accepted wait for them.
    /// </param>
    /// <param name="options">
    /// Null for the defaults. They are set on the socket itself, which all who have it share, and which does not block from then
    /// on; backlog and dual mode are left as they are.
    /// </param>
    /// <exception cref="ArgumentException">It is no TCP socket that listens, or an option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses an option, or no file descriptor is left.</exception>
    public static TcpConnectionListener Listen(SafeSocketHandle handle, TcpListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        Shard shard = Shard.OfCaller("listen on a socket");
        options ??= new TcpListenerOptions();
        options.Validate(nameof(TcpListenerOptions));
        using ListenerSockets sockets = ListenerSockets.Share(shard, handle, options);
        return sockets.Take(0, shard);
    }

    /// <summary>The bound address, as messages show it.</summary>
    public override string ToString() => $"TCP listener on {LocalEndPoint}";

    internal override TcpConnection Connect(Shard shard, AcceptedSocket socket) => new(shard, socket.Fd, socket.Peer, isConnected: true);

    private protected override SysResult Accept(int fd, out AcceptedSocket socket)
    {
        NativeAddress peer = default;
        SysResult result = Sockets.Accept(fd, ref peer);
        socket = new AcceptedSocket(result.Value, peer);
        return result;
    }
}
