using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// Socket calls. Every socket made here is non-blocking and close-on-exec, and no call raises SIGPIPE.
/// </summary>
internal static unsafe class Sockets
{
    /// <summary>The most buffers that one vectored call takes; the rest is for the next.</summary>
    internal const int MaxVectors = 64;

    internal static SysResult CreateTcp(AddressFamily family) => SysResult.From(LibC.socket(
        family == AddressFamily.InterNetworkV6 ? (int)LibC.AF_INET6 : (int)LibC.AF_INET,
        LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC,
        LibC.IPPROTO_TCP));

    internal static SysResult Bind(int fd, NativeAddress address)
    {
        fixed (byte* bytes = address.AsSpan())
        {
            return SysResult.From(LibC.bind(fd, (sockaddr*)bytes, address.Length));
        }
    }

    internal static SysResult Listen(int fd, int backlog) => SysResult.From(LibC.listen(fd, backlog));

    /// <summary>Takes one connection from the backlog, with the peer's address in the same call.</summary>
    internal static SysResult Accept(int fd, ref NativeAddress peer)
    {
        socklen_t length = NativeAddress.Capacity;
        fixed (byte* bytes = peer.AsSpan())
        {
            SysResult result = SysResult.From(LibC.accept4(fd, (sockaddr*)bytes, &length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC));
            peer.Length = result.IsError ? 0 : (int)length;
            return result;
        }
    }

    /// <summary>Starts to connect: EINPROGRESS until the socket becomes writable, then <see cref="PendingError"/> tells.</summary>
    internal static SysResult Connect(int fd, NativeAddress address)
    {
        fixed (byte* bytes = address.AsSpan())
        {
            return SysResult.From(LibC.connect(fd, (sockaddr*)bytes, address.Length));
        }
    }

    /// <summary>
    /// Dissolves the connection at once: the peer gets RST and no FIN before it, what was not sent is dropped, and every
    /// poll on the socket completes within the call (connect to AF_UNSPEC).
    /// </summary>
    internal static SysResult Disconnect(int fd)
    {
        sockaddr unspecified = default;
        unspecified.sa_family = LibC.AF_UNSPEC;
        return SysResult.From(LibC.connect(fd, &unspecified, sizeof(sockaddr)));
    }

    /// <summary>Hot path: one per request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static SysResult Receive(int fd, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return SysResult.From(LibC.recv(fd, bytes, buffer.Length, 0));
        }
    }

    /// <summary>Receives into up to <see cref="MaxVectors"/> buffers in one call.</summary>
    internal static SysResult Receive(int fd, iovec* buffers, int count)
    {
        msghdr message = default;
        message.msg_iov = buffers;
        message.msg_iovlen = count;
        return SysResult.From(LibC.recvmsg(fd, &message, 0));
    }

    /// <summary>Reads what is there and leaves it there.</summary>
    internal static SysResult Peek(int fd, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return SysResult.From(LibC.recv(fd, bytes, buffer.Length, LibC.MSG_PEEK));
        }
    }

    /// <summary>Hot path: one per answer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static SysResult Send(int fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return SysResult.From(LibC.send(fd, bytes, buffer.Length, LibC.MSG_NOSIGNAL));
        }
    }

    /// <summary>Sends up to <see cref="MaxVectors"/> buffers in one call.</summary>
    internal static SysResult Send(int fd, iovec* buffers, int count)
    {
        msghdr message = default;
        message.msg_iov = buffers;
        message.msg_iovlen = count;
        return SysResult.From(LibC.sendmsg(fd, &message, LibC.MSG_NOSIGNAL));
    }

    internal static SysResult ShutdownSend(int fd) => SysResult.From(LibC.shutdown(fd, LibC.SHUT_WR));

    internal static SysResult ShutdownReceive(int fd) => SysResult.From(LibC.shutdown(fd, LibC.SHUT_RD));

    internal static SysResult ShutdownBoth(int fd) => SysResult.From(LibC.shutdown(fd, LibC.SHUT_RDWR));

    internal static SysResult LocalAddress(int fd, ref NativeAddress address)
    {
        socklen_t length = NativeAddress.Capacity;
        fixed (byte* bytes = address.AsSpan())
        {
            SysResult result = SysResult.From(LibC.getsockname(fd, (sockaddr*)bytes, &length));
            address.Length = result.IsError ? 0 : (int)length;
            return result;
        }
    }

    /// <summary>Takes the error that waits on the socket (SO_ERROR), as after a connect; 0 when there is none.</summary>
    internal static SysResult PendingError(int fd) => GetOption(fd, LibC.SOL_SOCKET, LibC.SO_ERROR);

    /// <summary>Lets a port be bound again whose former connections are still open or in TIME_WAIT (SO_REUSEADDR); never one that somebody listens on.</summary>
    internal static SysResult SetReuseAddress(int fd, bool value) => SetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, value ? 1 : 0);

    /// <summary>
    /// Lets several sockets of one user listen on the same port; the kernel spreads connections over them
    /// (SO_REUSEPORT).
    /// </summary>
    /// <remarks>
    /// To learn for certain that nobody else has the port, the first socket binds and listens without it and sets it only
    /// then; the others set it before they bind. EADDRINUSE may come from the bind or from the listen. Set between the two
    /// calls it would let two processes that start at once both win: with SO_REUSEADDR both may bind, and the listen of
    /// the second would find nothing wrong. Nothing keeps a program that sets it before its own bind from joining later.
    /// </remarks>
    internal static SysResult SetReusePort(int fd, bool value) => SetOption(fd, LibC.SOL_SOCKET, LibC.SO_REUSEPORT, value ? 1 : 0);

    /// <summary>
    /// Makes the kernel prefer this listener, among those that share its port, for connections whose packets the CPU
    /// handles (SO_INCOMING_CPU). A listener of another CPU gets none of these; when no listener is of that CPU, the
    /// connections are spread over all. Before Linux 6.2 they always were.
    /// </summary>
    /// <param name="fd">The listener, before or after its listen.</param>
    /// <param name="cpu">Not checked by the kernel: one that does not exist is just never matched.</param>
    internal static SysResult SetIncomingCpu(int fd, int cpu) => SetOption(fd, LibC.SOL_SOCKET, LibC.SO_INCOMING_CPU, cpu);

    /// <summary>The CPU that handled a connection's latest packet, or the one that was set on a listener; the value is negative when there is none.</summary>
    internal static SysResult IncomingCpu(int fd) => GetOption(fd, LibC.SOL_SOCKET, LibC.SO_INCOMING_CPU);

    internal static SysResult SetOption(int fd, int level, int option, int value) =>
        SysResult.From(LibC.setsockopt(fd, level, option, &value, sizeof(int)));

    internal static SysResult GetOption(int fd, int level, int option)
    {
        int value = 0;
        socklen_t length = sizeof(int);
        SysResult result = SysResult.From(LibC.getsockopt(fd, level, option, &value, &length));
        return result.IsError ? result : new SysResult(value, 0);
    }
}
