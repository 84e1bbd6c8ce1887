using System.Net.Sockets;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The socket calls in which Unix domain sockets differ from others: those with addresses, and those that others lack. As
/// in <see cref="Sockets"/>, every socket made here is non-blocking and close-on-exec, and no call raises SIGPIPE.
/// </summary>
internal static unsafe class UnixSockets
{
    internal static SysResult Create(SocketType type) => SysResult.From(LibC.socket(LibC.AF_UNIX, KindOf(type), 0));

    /// <summary>Two sockets that are connected with each other, and have no names.</summary>
    internal static SysResult CreatePair(SocketType type, out int first, out int second)
    {
        int* fds = stackalloc int[2];
        SysResult result = SysResult.From(LibC.socketpair(LibC.AF_UNIX, KindOf(type), 0, fds));
        (first, second) = (fds[0], fds[1]);
        return result;
    }

    /// <summary>A path gets a file; EADDRINUSE when there is one, whatever it is.</summary>
    internal static SysResult Bind(int fd, NativeUnixAddress address)
    {
        fixed (byte* bytes = address.AsSpan())
        {
            return SysResult.From(LibC.bind(fd, (sockaddr*)bytes, address.Length));
        }
    }

    /// <summary>
    /// Connects at once or not at all. A stream socket whose listener's backlog is full gets EAGAIN, after which no poll
    /// tells when to try again: the kernel reports such a socket as ready at all times.
    /// </summary>
    internal static SysResult Connect(int fd, NativeUnixAddress address)
    {
        fixed (byte* bytes = address.AsSpan())
        {
            return SysResult.From(LibC.connect(fd, (sockaddr*)bytes, address.Length));
        }
    }

    /// <summary>Takes one connection from the backlog, with the peer's address in the same call.</summary>
    internal static SysResult Accept(int fd, ref NativeUnixAddress peer)
    {
        socklen_t length = NativeUnixAddress.Capacity;
        fixed (byte* bytes = peer.AsSpan())
        {
            SysResult result = SysResult.From(LibC.accept4(fd, (sockaddr*)bytes, &length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC));
            peer.Length = result.IsError ? 0 : (int)length;
            return result;
        }
    }

    internal static SysResult LocalAddress(int fd, ref NativeUnixAddress address)
    {
        socklen_t length = NativeUnixAddress.Capacity;
        fixed (byte* bytes = address.AsSpan())
        {
            SysResult result = SysResult.From(LibC.getsockname(fd, (sockaddr*)bytes, &length));
            address.Length = result.IsError ? 0 : (int)length;
            return result;
        }
    }

    /// <summary>Sends one datagram, whole or not at all.</summary>
    internal static SysResult SendTo(int fd, ReadOnlySpan<byte> datagram, ref NativeUnixAddress target)
    {
        fixed (byte* bytes = datagram, address = target.AsSpan())
        {
            return SysResult.From(LibC.sendto(fd, bytes, datagram.Length, LibC.MSG_NOSIGNAL, (sockaddr*)address, target.Length));
        }
    }

    /// <summary>Takes one datagram, with its sender's address. The value is its whole length, though the buffer may have held less.</summary>
    internal static SysResult ReceiveFrom(int fd, Span<byte> buffer, ref NativeUnixAddress sender)
    {
        socklen_t length = NativeUnixAddress.Capacity;
        fixed (byte* bytes = buffer, address = sender.AsSpan())
        {
            SysResult result = SysResult.From(LibC.recvfrom(fd, bytes, buffer.Length, LibC.MSG_TRUNC, (sockaddr*)address, &length));
            sender.Length = result.IsError ? 0 : (int)length;
            return result;
        }
    }

    /// <summary>Who the peer was when it connected, or when it began to listen (SO_PEERCRED).</summary>
    internal static SysResult PeerCredentials(int fd, out ucred credentials)
    {
        ucred value = default;
        socklen_t length = sizeof(ucred);
        SysResult result = SysResult.From(LibC.getsockopt(fd, LibC.SOL_SOCKET, LibC.SO_PEERCRED, &value, &length));
        credentials = value;
        return result;
    }

    /// <summary>
    /// Sets which permissions the file will have that the socket is bound to: these, less the process's umask. It does
    /// nothing to a file that is there already.
    /// </summary>
    internal static SysResult SetModeOfFutureFile(int fd, UnixFileMode mode) => SysResult.From(LibC.fchmod(fd, (ushort)mode));

    private static int KindOf(SocketType type) =>
        (type == SocketType.Dgram ? LibC.SOCK_DGRAM : LibC.SOCK_STREAM) | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC;
}
