using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

// What a proxy says of the connection.
public abstract partial class StreamConnection
{
    /// <summary>
    /// What the proxy at the other end has said of its client, in a PROXY header; null without one. It is received by the
    /// server (<see cref="ServerOptions.ProxyProtocol"/>) or by <see cref="ProxyHeader.ReceiveAsync"/>.
    /// </summary>
    public ProxyHeader? ProxyHeader { get; internal set; }

    /// <summary>Receives what is there and leaves it there, for the next receive.</summary>
    internal SysResult PeekNow(Span<byte> buffer)
    {
        SysResult result;
        do
        {
            result = Count(Sockets.Peek(_fd, buffer));
        }
        while (result.Errno == LibC.EINTR);

        return result;
    }
}
