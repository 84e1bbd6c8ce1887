using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// A connection as the kernel gave it out: no shard's yet, so that it can be sent to the one that is to serve it. Who has
/// it makes a <see cref="TcpConnection"/> of it, or ends it.
/// </summary>
internal readonly struct AcceptedSocket(int fd, NativeAddress peer)
{
    internal int Fd { get; } = fd;

    internal NativeAddress Peer { get; } = peer;

    /// <summary>Ends it unserved: the peer sees what it sees when a listener goes before it has accepted, a reset.</summary>
    internal void Abort()
    {
        Sockets.Disconnect(Fd);
        FileDescriptor.Close(Fd);
    }
}
