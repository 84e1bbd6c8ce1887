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
    internal TcpConnectionListener(Shard shard, int fd, IPEndPoint localEndPoint)
        : base(shard, fd) => LocalEndPoint = localEndPoint;

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
