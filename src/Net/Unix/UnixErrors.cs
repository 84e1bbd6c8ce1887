using System.Net.Sockets;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>The exceptions of Unix domain sockets, where an errno means something else than for addresses of the network.</summary>
internal static class UnixErrors
{
    /// <summary>For connecting and for sending to an address.</summary>
    internal static SocketException OfReaching(string attempt, int errno) => SocketErrors.From(attempt, errno, errno switch
    {
        _ when errno == LibC.ENOENT => ". There is no such file: nobody has bound the path yet, or the file has been removed.",
        _ when errno == LibC.ECONNREFUSED => ". Nobody has the address. If there is a file, it is a stale one, left by a process that was killed, or no socket's: start the server, which replaces a stale one.",
        _ when errno == LibC.EACCES => ". It takes write permission on the socket's file, and search permission on the directories above it.",
        _ when errno == LibC.EPERM => ". The socket there is connected to another, and takes datagrams from that one only.",
        _ when errno == LibC.EPROTOTYPE => ". The socket there is of another kind: stream and datagram sockets do not reach each other.",
        _ when errno == LibC.ENOTCONN => ". The socket is connected to nobody, or its peer has gone: connect it again.",
        _ when errno == LibC.EMSGSIZE => ". A datagram has to fit into the send buffer: make it smaller, or SendBufferSize larger (net.core.wmem_max is the cap).",
        _ => ".",
    });

    /// <summary>For binding to an address.</summary>
    internal static SocketException OfBinding(string attempt, int errno) => SocketErrors.From(attempt, errno, errno switch
    {
        _ when errno == LibC.EADDRINUSE => ". Another socket has the name: stop it, or choose another name.",
        _ when errno == LibC.ENOENT || errno == LibC.ENOTDIR => ". There is no such directory: create it first.",
        _ when errno == LibC.EACCES => ". It takes permission to create a file in the directory, and search permission on those above it.",
        _ when errno == LibC.EROFS => ". The file system is read-only: choose a path elsewhere, such as under /run.",
        _ => ".",
    });

    /// <summary>For what is done to the file before and after the bind.</summary>
    internal static SocketException OfSettling(string attempt, string step, int errno) => SocketErrors.From($"{attempt}: {step}", errno, errno switch
    {
        _ when errno == LibC.EPERM || errno == LibC.EACCES => ". The process lacks the permission: CAP_CHOWN to give a file to others, write permission on the directory to remove one.",
        _ when errno == LibC.ENOENT => ". Somebody has removed the file at once.",
        _ => ".",
    });

    /// <summary>For a path at which there is something that was not removed.</summary>
    internal static SocketException InUse(string attempt, string why) =>
        new((int)SocketError.AddressAlreadyInUse, $"{attempt} failed: {why}");
}
