using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>The other side of Unix domain sockets: names that nobody else has, and plain sockets.</summary>
internal static class UnixPeers
{
    private static int s_names;

    /// <summary>An abstract name of this process, used once.</summary>
    internal static UnixDomainSocketEndPoint AnyAbstractName() => new($"\0reactor-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_names)}");

    internal static Socket CreateStream() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal static Socket CreateDatagram() => new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    internal static Socket Connect(UnixDomainSocketEndPoint target)
    {
        Socket peer = CreateStream();
        try
        {
            peer.Connect(target);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    internal static Socket Listen(UnixDomainSocketEndPoint endPoint, int backlog = 16)
    {
        Socket listener = CreateStream();
        listener.Bind(endPoint);
        listener.Listen(backlog);
        return listener;
    }

    internal static Socket BindDatagram(UnixDomainSocketEndPoint endPoint)
    {
        Socket socket = CreateDatagram();
        socket.Bind(endPoint);
        return socket;
    }

    /// <summary>Leaves a file as a process does that is killed: .NET's sockets remove theirs, so a shell of it is made by hand.</summary>
    internal static void LeaveStaleFile(string path, SocketType type = SocketType.Stream)
    {
        int fd = Kernel.UnixSockets.Create(type).OrThrow("socket");
        Kernel.UnixSockets.Bind(fd, Kernel.NativeUnixAddress.From(new UnixDomainSocketEndPoint(path))).OrThrow("bind");
        Kernel.FileDescriptor.Close(fd).OrThrow("close");
        Assert.True(File.Exists(path));
    }
}
