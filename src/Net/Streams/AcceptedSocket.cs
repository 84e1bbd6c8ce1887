using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// A connection as the kernel gave it out: no shard's yet, so that it can be sent to the one that is to serve it. Who has
/// it makes a connection of it, or ends it.
/// </summary>
internal readonly struct AcceptedSocket
{
    internal AcceptedSocket(int fd, NativeAddress peer) => (Fd, Peer) = (fd, peer);

    internal AcceptedSocket(int fd, UnixDomainSocketEndPoint? peer) => (Fd, UnixPeer) = (fd, peer);

    internal int Fd { get; }

    /// <summary>The peer's address; not known when it is a Unix domain socket.</summary>
    internal NativeAddress Peer { get; }

    /// <summary>The peer's name if it is a Unix domain socket and has one, which is rare.</summary>
    internal UnixDomainSocketEndPoint? UnixPeer { get; }

    /// <summary>
    /// Ends it unserved: a TCP peer sees what it sees when a listener goes before it has accepted, a reset; a Unix peer that
    /// has sent nothing sees the end.
    /// </summary>
    internal void Abort()
    {
        Sockets.Disconnect(Fd);
        FileDescriptor.Close(Fd);
    }
}
