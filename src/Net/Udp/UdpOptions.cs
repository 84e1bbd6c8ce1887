using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>How a UDP socket is set.</summary>
public sealed class UdpOptions
{
    /// <summary>
    /// Lets several sockets that all ask for it bind the same port (SO_REUSEADDR): each gets the datagrams to the groups and
    /// broadcasts that it listens to, and the one bound last all others. False by default.
    /// </summary>
    public bool ReuseAddress { get; set; }

    /// <summary>
    /// Lets several sockets of one user that all ask for it bind the same address and port (SO_REUSEPORT): the kernel spreads
    /// datagrams over them, by the peer's address, so that a peer stays with its socket while none joins or leaves. False by
    /// default. <see cref="UdpServer"/> does so itself.
    /// </summary>
    /// <remarks>Port 0 is a port that nobody has. Any other may be that of a group which another program of the user has opened; that is no error.</remarks>
    public bool ReusePort { get; set; }

    /// <summary>
    /// Whether a socket on <see cref="System.Net.IPAddress.IPv6Any"/> takes IPv4 too, whose addresses then read
    /// <c>::ffff:1.2.3.4</c> (IPV6_V6ONLY off). True by default; of no effect on other addresses.
    /// </summary>
    public bool DualMode { get; set; } = true;

    /// <summary>Lets datagrams be sent to broadcast addresses (SO_BROADCAST). False by default: then the kernel refuses them with <see cref="SocketError.AccessDenied"/>.</summary>
    public bool Broadcast { get; set; }

    /// <summary>
    /// The kernel's receive buffer in bytes (SO_RCVBUF; the kernel doubles the value for its book-keeping and caps it at
    /// net.core.rmem_max). What comes in while it is full is lost. Null leaves it at net.core.rmem_default.
    /// </summary>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>The kernel's send buffer in bytes (SO_SNDBUF; doubled likewise and capped at net.core.wmem_max). Null leaves it at net.core.wmem_default.</summary>
    public int? SendBufferSize { get; set; }

    internal UdpOptions Copy() => (UdpOptions)MemberwiseClone();

    /// <summary>Sets what has to be set before the bind, but for <see cref="ReusePort"/>, whose moment depends on the port.</summary>
    internal void ApplyTo(int fd, string attempt, Shard shard, AddressFamily family)
    {
        if (family == AddressFamily.InterNetworkV6)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, DualMode ? 0 : 1));
        }

        if (ReuseAddress)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetReuseAddress(fd, true));
        }

        if (Broadcast)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_BROADCAST, 1));
        }

        if (ReceiveBufferSize is { } receive)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUF, receive));
        }

        if (SendBufferSize is { } send)
        {
            ShardSocket.Check(attempt, shard, Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, send));
        }
    }
}
