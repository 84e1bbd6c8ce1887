using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Tests.Support;

/// <summary>Bare descriptors, made by the kernel's own calls; all non-blocking.</summary>
internal static unsafe class Descriptors
{
    internal static int EventFd(uint count = 0) => SysResult.From(LibC.eventfd(count, LibC.EFD_NONBLOCK | LibC.EFD_CLOEXEC)).OrThrow("eventfd");

    /// <summary>Two stream sockets connected to each other.</summary>
    internal static (int Own, int Peer) Pair()
    {
        int* pair = stackalloc int[2];
        SysResult.From(LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0, pair)).OrThrow("socketpair");
        return (pair[0], pair[1]);
    }

    internal static (int Read, int Write) Pipe()
    {
        int* pipe = stackalloc int[2];
        SysResult.From(LibC.pipe2(pipe, LibC.O_NONBLOCK | LibC.O_CLOEXEC)).OrThrow("pipe2");
        return (pipe[0], pipe[1]);
    }

    /// <summary>Two TCP sockets connected over loopback.</summary>
    internal static (int Own, int Peer) Tcp()
    {
        int listener = Listener(out System.Net.IPEndPoint address);
        int own = Sockets.CreateTcp(System.Net.Sockets.AddressFamily.InterNetwork).OrThrow("socket");
        SysResult connect = Sockets.Connect(own, NativeAddress.From(address));
        Assert.True(!connect.IsError || connect.Errno == LibC.EINPROGRESS, $"connect said {connect}");
        NativeAddress peerAddress = default;
        SysResult peer = default;
        Eventually.Until(() => !(peer = Sockets.Accept(listener, ref peerAddress)).IsError, "a connection in the backlog");
        Close(listener);
        return (own, peer.Value);
    }

    internal static int Listener(out System.Net.IPEndPoint address)
    {
        int listener = Sockets.CreateTcp(System.Net.Sockets.AddressFamily.InterNetwork).OrThrow("socket");
        Sockets.Bind(listener, NativeAddress.From(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0))).OrThrow("bind");
        Sockets.Listen(listener, 64).OrThrow("listen");
        NativeAddress bound = default;
        Sockets.LocalAddress(listener, ref bound).OrThrow("getsockname");
        address = bound.ToIPEndPoint()!;
        return listener;
    }

    internal static void Write(int fd, int bytes = 1)
    {
        byte* buffer = stackalloc byte[bytes];
        Assert.Equal(bytes, SysResult.From(LibC.write(fd, buffer, bytes)).OrThrow("write"));
    }

    internal static void Signal(int eventFd, ulong count = 1) =>
        SysResult.From(LibC.write(eventFd, &count, sizeof(ulong))).OrThrow("write to an eventfd");

    /// <summary>The count of an eventfd, 0 when it has not been signalled.</summary>
    internal static ulong Take(int eventFd)
    {
        ulong count = 0;
        return SysResult.From(LibC.read(eventFd, &count, sizeof(ulong))).IsError ? 0 : count;
    }

    /// <summary>Reads up to 64 KiB.</summary>
    internal static SysResult Read(int fd)
    {
        byte* buffer = stackalloc byte[65536];
        return SysResult.From(LibC.read(fd, buffer, 65536));
    }

    /// <summary>Writes until the buffer behind the descriptor takes no more.</summary>
    internal static long Fill(int fd)
    {
        byte* buffer = stackalloc byte[65536];
        long total = 0;
        SysResult result;
        while (!(result = SysResult.From(LibC.write(fd, buffer, 65536))).IsError)
        {
            total += result.Value;
        }

        Assert.True(result.WouldBlock, $"write said {result}");
        return total;
    }

    /// <summary>What poll(2) says of the descriptor now: the second opinion on readiness.</summary>
    internal static int Poll(int fd, int events)
    {
        pollfd entry = default;
        entry.fd = fd;
        entry.events = (short)events;
        SysResult.From(LibC.poll(&entry, 1, 0)).OrThrow("poll");
        return entry.revents;
    }

    internal static bool IsOpen(int fd) => !SysResult.From(LibC.fcntl(fd, LibC.F_GETFD)).IsError;

    internal static void Close(params ReadOnlySpan<int> fds)
    {
        foreach (int fd in fds)
        {
            FileDescriptor.Close(fd).OrThrow("close");
        }
    }
}
