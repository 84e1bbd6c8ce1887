using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>How the socket of a Unix connection is set.</summary>
public sealed class UnixConnectionOptions
{
    /// <summary>
    /// The kernel's send buffer in bytes (SO_SNDBUF; the kernel doubles the value for its book-keeping and caps it at
    /// net.core.wmem_max). It holds what the peer has not received: a Unix socket has no receive buffer of its own. Null
    /// leaves it to the kernel (net.core.wmem_default).
    /// </summary>
    public int? SendBufferSize { get; set; }

    internal UnixConnectionOptions Copy() => (UnixConnectionOptions)MemberwiseClone();

    internal SysResult ApplyTo(int fd) => SendBufferSize is { } size ? Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, size) : default;
}
