using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>Makes the exceptions that a user of sockets sees: .NET's type and code, and a message that says what was tried on what.</summary>
internal static class SocketErrors
{
    /// <param name="attempt">What was tried on what, as in <c>listen on 127.0.0.1:80</c>.</param>
    /// <param name="errno">What the kernel answered.</param>
    /// <param name="advice">What to do about it, from a full stop on, where the call knows better than the errno does.</param>
    internal static SocketException From(string attempt, int errno, string? advice = null) =>
        new((int)CodeOf(errno), $"{attempt} failed: {Errno.Describe(errno)}{advice ?? AdviceFor(errno)}");

    /// <summary>For an operation that was pending when its socket was closed on this side.</summary>
    internal static SocketException Aborted(string attempt) =>
        new((int)SocketError.OperationAborted, $"{attempt} ended because the socket was closed on this side.");

    /// <summary>For calls that tell without exceptions: the code, and the number of bytes if it is a success.</summary>
    internal static SocketError Outcome(SysResult result, out int bytes)
    {
        bytes = Math.Max(result.Value, 0);
        return result switch
        {
            { IsError: false } => SocketError.Success,
            { WouldBlock: true } => SocketError.WouldBlock,
            _ => CodeOf(result.Errno),
        };
    }

    internal static SocketError CodeOf(int errno) => errno switch
    {
        _ when errno == LibC.EACCES || errno == LibC.EPERM => SocketError.AccessDenied,
        _ when errno == LibC.EADDRINUSE => SocketError.AddressAlreadyInUse,
        _ when errno == LibC.EADDRNOTAVAIL || errno == LibC.ENOENT => SocketError.AddressNotAvailable,
        _ when errno == LibC.EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        _ when errno == LibC.ECONNABORTED => SocketError.ConnectionAborted,
        _ when errno == LibC.ECONNREFUSED => SocketError.ConnectionRefused,
        _ when errno == LibC.ECONNRESET => SocketError.ConnectionReset,
        _ when errno == LibC.EDESTADDRREQ => SocketError.DestinationAddressRequired,
        _ when errno == LibC.EHOSTUNREACH => SocketError.HostUnreachable,
        _ when errno == LibC.EINVAL => SocketError.InvalidArgument,
        _ when errno == LibC.EMFILE || errno == LibC.ENFILE => SocketError.TooManyOpenSockets,
        _ when errno == LibC.EMSGSIZE => SocketError.MessageSize,
        _ when errno == LibC.ENETDOWN => SocketError.NetworkDown,
        _ when errno == LibC.ENETUNREACH => SocketError.NetworkUnreachable,
        _ when errno == LibC.ENOBUFS || errno == LibC.ENOMEM => SocketError.NoBufferSpaceAvailable,
        _ when errno == LibC.ENOPROTOOPT => SocketError.ProtocolOption,
        _ when errno == LibC.ENOTCONN => SocketError.NotConnected,
        _ when errno == LibC.EPIPE => SocketError.Shutdown,
        _ when errno == LibC.EPROTOTYPE => SocketError.ProtocolType,
        _ when errno == LibC.ETIMEDOUT => SocketError.TimedOut,
        _ => SocketError.SocketError,
    };

    private static string AdviceFor(int errno) => errno switch
    {
        _ when errno == LibC.EADDRINUSE => ". Another socket has the port: stop it, choose another port, or port 0 to let the kernel choose.",
        _ when errno == LibC.EADDRNOTAVAIL => ". No interface of this machine has the address, or, when connecting, no local port is left (net.ipv4.ip_local_port_range).",
        _ when errno == LibC.EACCES => ". Ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE.",
        _ when errno == LibC.ENOPROTOOPT => ". This kernel does not know the option: leave it unset.",
        _ when errno == LibC.EMFILE => ". The process has no file descriptor left: raise 'ulimit -n'.",
        _ when errno == LibC.ENFILE => ". The system has no file descriptor left: raise fs.file-max.",
        _ => ".",
    };
}
