using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>A socket that somebody else has opened and made listen, as the service manager, and of which a listener takes a duplicate.</summary>
internal static class InheritedSocket
{
    /// <summary>What is attempted with it, for messages.</summary>
    internal static string Attempt(SafeSocketHandle handle) => $"listen on the socket of file descriptor {handle.DangerousGetHandle()}";

    /// <summary>Takes a duplicate, which does not block, and nor does the socket from then on, whoever has it.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    /// <exception cref="SocketException">No file descriptor is left.</exception>
    internal static int Duplicate(string attempt, Shard shard, SafeSocketHandle handle)
    {
        int fd = ShardSocket.Check(attempt, shard, FileDescriptor.Duplicate(handle));
        try
        {
            ShardSocket.Check(attempt, shard, FileDescriptor.SetNonBlocking(fd));
            return fd;
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>Whether it is a Unix domain socket. False for what is no socket at all.</summary>
    internal static bool IsUnix(SafeSocketHandle handle) =>
        Sockets.GetOption((int)handle.DangerousGetHandle(), LibC.SOL_SOCKET, LibC.SO_DOMAIN).Value == LibC.AF_UNIX;

    /// <summary>Any socket, or none, may have been passed on by mistake; one that does not listen would never hand out a connection.</summary>
    /// <exception cref="ArgumentException">It is no TCP socket that listens.</exception>
    internal static void VerifyTcp(string attempt, Shard shard, int fd)
    {
        int family = Option(attempt, shard, fd, LibC.SO_DOMAIN);
        if (family != LibC.AF_INET && family != LibC.AF_INET6)
        {
            throw Refuse(attempt, $"its address family is {family}, and TCP needs {LibC.AF_INET} (IPv4) or {LibC.AF_INET6} (IPv6)");
        }

        if (Option(attempt, shard, fd, LibC.SO_PROTOCOL) != LibC.IPPROTO_TCP)
        {
            throw Refuse(attempt, "it is not a TCP socket; with systemd, that is ListenStream=");
        }

        VerifyListens(attempt, shard, fd);
    }

    /// <summary>The same for Unix domain sockets.</summary>
    /// <exception cref="ArgumentException">It is no Unix domain socket, of the kind of streams, that listens.</exception>
    internal static void VerifyUnix(string attempt, Shard shard, int fd)
    {
        int family = Option(attempt, shard, fd, LibC.SO_DOMAIN);
        if (family != LibC.AF_UNIX)
        {
            throw Refuse(attempt, $"its address family is {family}, and a Unix domain socket has {LibC.AF_UNIX}");
        }

        if (Option(attempt, shard, fd, LibC.SO_TYPE) != LibC.SOCK_STREAM)
        {
            throw Refuse(attempt, "it is not a socket for streams; with systemd, that is ListenStream=");
        }

        VerifyListens(attempt, shard, fd);
    }

    private static void VerifyListens(string attempt, Shard shard, int fd)
    {
        if (Option(attempt, shard, fd, LibC.SO_ACCEPTCONN) == 0)
        {
            throw Refuse(attempt, "it does not listen. With systemd, leave Accept= off: with it, each connection is passed on by itself");
        }
    }

    private static int Option(string attempt, Shard shard, int fd, int option)
    {
        SysResult result = Sockets.GetOption(fd, LibC.SOL_SOCKET, option);
        return result.Errno == LibC.ENOTSOCK ? throw Refuse(attempt, "it is not a socket") : ShardSocket.Check(attempt, shard, result);
    }

    private static ArgumentException Refuse(string attempt, string why) => new($"{attempt}: {why}.");
}
