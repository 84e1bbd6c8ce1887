using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>Turns error numbers into words that a person can search for.</summary>
internal static class Errno
{
    /// <summary>Name and meaning, as in <c>ECONNRESET (Connection reset by peer)</c>.</summary>
    internal static string Describe(int errno)
    {
        string meaning = Marshal.GetPInvokeErrorMessage(errno);
        return Name(errno) is { } name ? $"{name} ({meaning})" : $"errno {errno} ({meaning})";
    }

    private static string? Name(int errno) => errno switch
    {
        _ when errno == LibC.EPERM => nameof(LibC.EPERM),
        _ when errno == LibC.ENOENT => nameof(LibC.ENOENT),
        _ when errno == LibC.EINTR => nameof(LibC.EINTR),
        _ when errno == LibC.EIO => nameof(LibC.EIO),
        _ when errno == LibC.EBADF => nameof(LibC.EBADF),
        _ when errno == LibC.EAGAIN => nameof(LibC.EAGAIN),
        _ when errno == LibC.ENOMEM => nameof(LibC.ENOMEM),
        _ when errno == LibC.EACCES => nameof(LibC.EACCES),
        _ when errno == LibC.ENOTDIR => nameof(LibC.ENOTDIR),
        _ when errno == LibC.EFAULT => nameof(LibC.EFAULT),
        _ when errno == LibC.EINVAL => nameof(LibC.EINVAL),
        _ when errno == LibC.ENFILE => nameof(LibC.ENFILE),
        _ when errno == LibC.EMFILE => nameof(LibC.EMFILE),
        _ when errno == LibC.EROFS => nameof(LibC.EROFS),
        _ when errno == LibC.EPIPE => nameof(LibC.EPIPE),
        _ when errno == LibC.ENOSYS => nameof(LibC.ENOSYS),
        _ when errno == LibC.ENOBUFS => nameof(LibC.ENOBUFS),
        _ when errno == LibC.ENODEV => nameof(LibC.ENODEV),
        _ when errno == LibC.ENOTSOCK => nameof(LibC.ENOTSOCK),
        _ when errno == LibC.EMSGSIZE => nameof(LibC.EMSGSIZE),
        _ when errno == LibC.EPROTOTYPE => nameof(LibC.EPROTOTYPE),
        _ when errno == LibC.EDESTADDRREQ => nameof(LibC.EDESTADDRREQ),
        _ when errno == LibC.ENOPROTOOPT => nameof(LibC.ENOPROTOOPT),
        _ when errno == LibC.EPROTO => nameof(LibC.EPROTO),
        _ when errno == LibC.EAFNOSUPPORT => nameof(LibC.EAFNOSUPPORT),
        _ when errno == LibC.EADDRINUSE => nameof(LibC.EADDRINUSE),
        _ when errno == LibC.EADDRNOTAVAIL => nameof(LibC.EADDRNOTAVAIL),
        _ when errno == LibC.ENETDOWN => nameof(LibC.ENETDOWN),
        _ when errno == LibC.ENETUNREACH => nameof(LibC.ENETUNREACH),
        _ when errno == LibC.ECONNABORTED => nameof(LibC.ECONNABORTED),
        _ when errno == LibC.ECONNRESET => nameof(LibC.ECONNRESET),
        _ when errno == LibC.ENOTCONN => nameof(LibC.ENOTCONN),
        _ when errno == LibC.ETIMEDOUT => nameof(LibC.ETIMEDOUT),
        _ when errno == LibC.ECONNREFUSED => nameof(LibC.ECONNREFUSED),
        _ when errno == LibC.EHOSTUNREACH => nameof(LibC.EHOSTUNREACH),
        _ when errno == LibC.EINPROGRESS => nameof(LibC.EINPROGRESS),
        _ => null,
    };
}
