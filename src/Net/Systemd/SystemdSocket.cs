using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>A socket that the service manager has opened and passed on.</summary>
public sealed class SystemdSocket : IDisposable
{
    internal SystemdSocket(string name, SafeSocketHandle handle)
    {
        Name = name;
        Handle = handle;
    }

    /// <summary>What the socket's unit calls it (FileDescriptorName=, by default the unit's own name); "unknown" when the manager does not say.</summary>
    public string Name { get; }

    /// <summary>
    /// The file descriptor. Who listens on it, as by <see cref="TcpServer.StartAsync(ReactorHost, SafeSocketHandle, Func{TcpConnection, Task}, TcpServerOptions?)"/>,
    /// takes a duplicate.
    /// </summary>
    public SafeSocketHandle Handle { get; }

    /// <summary>Closes the descriptor here; the service manager keeps its own.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>The name and the descriptor, as messages show them.</summary>
    public override string ToString() => $"socket {Name}";
}
