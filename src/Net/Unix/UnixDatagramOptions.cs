using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>How a Unix datagram socket is set.</summary>
public sealed class UnixDatagramOptions
{
    /// <summary>What becomes of the file, if it is bound to a path.</summary>
    public UnixSocketFileOptions File { get; set; } = new();

    /// <summary>
    /// The kernel's send buffer in bytes (SO_SNDBUF; the kernel doubles the value for its book-keeping and caps it at
    /// net.core.wmem_max): the largest datagram, and what may be on its way. Null leaves it at net.core.wmem_default. How
    /// many datagrams wait at a receiver is the system's to say (net.unix.max_dgram_qlen).
    /// </summary>
    public int? SendBufferSize { get; set; }

    internal SysResult ApplyTo(int fd) => SendBufferSize is { } size ? Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, size) : default;
}
