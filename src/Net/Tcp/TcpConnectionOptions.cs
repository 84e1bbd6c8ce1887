using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>How the socket of a TCP connection is set. On a listener it is set once, and every connection inherits it from the kernel.</summary>
public sealed class TcpConnectionOptions
{
    /// <summary>Sends small segments at once instead of gathering them (TCP_NODELAY, Nagle's algorithm off). True by default.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>Asks idle peers now and then whether they are still there (SO_KEEPALIVE), at the system's intervals. False by default.</summary>
    public bool KeepAlive { get; set; }

    /// <summary>
    /// The kernel's receive buffer in bytes (SO_RCVBUF; the kernel doubles the value for its book-keeping and caps it at
    /// net.core.rmem_max). Null leaves it to the kernel, which then tunes it by itself.
    /// </summary>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>
    /// The kernel's send buffer in bytes (SO_SNDBUF; doubled likewise and capped at net.core.wmem_max). Null leaves it to
    /// the kernel.
    /// </summary>
    public int? SendBufferSize { get; set; }

    /// <summary>Sets the options; before listen or connect, because the buffer sizes decide the TCP window's scale.</summary>
    internal SysResult ApplyTo(int fd)
    {
        SysResult result = Sockets.SetOption(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, NoDelay ? 1 : 0);
        if (!result.IsError && KeepAlive)
        {
            result = Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, 1);
        }

        if (!result.IsError && ReceiveBufferSize is { } receive)
        {
            result = Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUF, receive);
        }

        if (!result.IsError && SendBufferSize is { } send)
        {
            result = Sockets.SetOption(fd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, send);
        }

        return result;
    }
}
