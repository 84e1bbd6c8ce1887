using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

// How a socket comes to be.
public sealed partial class UdpSocket
{
    /// <summary>Makes a socket of the current shard that exchanges datagrams with anybody.</summary>
    /// <param name="endPoint">Address and port, IPv4 or IPv6; port 0 lets the kernel choose.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    public static UdpSocket Bind(IPEndPoint endPoint, UdpOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Shard shard = Shard.OfCaller($"bind UDP to {endPoint}");
        options ??= new UdpOptions();
        return Own(shard, OpenedUdpSocket.Bind(shard, endPoint, options, OpenedUdpSocket.SharingOf(endPoint, options)));
    }

    /// <summary>
    /// Makes a socket of the current shard that talks to one peer: it receives from nobody else, and is told what ICMP
    /// answers. Nothing is sent, and whether the peer is there is not known before it answers.
    /// </summary>
    /// <param name="remoteEndPoint">The peer, IPv4 or IPv6.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="localEndPoint">The address and port to talk from; null lets the kernel choose both.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">No route leads to the peer, the local port is taken, or permission lacks.</exception>
    public static UdpSocket Connect(IPEndPoint remoteEndPoint, UdpOptions? options = null, IPEndPoint? localEndPoint = null)
    {
        ArgumentNullException.ThrowIfNull(remoteEndPoint);
        Shard shard = Shard.OfCaller($"connect UDP to {remoteEndPoint}");
        return Own(shard, OpenedUdpSocket.Connect(shard, remoteEndPoint, options ?? new UdpOptions(), localEndPoint));
    }

    /// <summary>Makes the socket one of the current shard, or closes it.</summary>
    internal static UdpSocket Own(Shard shard, in OpenedUdpSocket socket)
    {
        try
        {
            return new UdpSocket(shard, socket);
        }
        catch
        {
            FileDescriptor.Close(socket.Fd);
            throw;
        }
    }
}
