namespace Reactor.Net;

/// <summary>How a Unix domain socket listens.</summary>
public sealed class UnixListenerOptions
{
    /// <summary>
    /// How many connections may wait to be accepted; the kernel caps it at net.core.somaxconn. 4,096 by default, which is
    /// the kernel's own default for that cap.
    /// </summary>
    public int Backlog { get; set; } = 4_096;

    /// <summary>What becomes of the file, if it is bound to a path.</summary>
    public UnixSocketFileOptions File { get; set; } = new();

    /// <summary>How the sockets of its connections are set.</summary>
    public UnixConnectionOptions Connection { get; set; } = new();
}
