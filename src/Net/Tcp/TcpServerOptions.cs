namespace Reactor.Net;

/// <summary>How a <see cref="TcpServer"/> listens and stops.</summary>
public sealed class TcpServerOptions
{
    /// <summary>Backlog, dual mode, and how the sockets of connections are set.</summary>
    public TcpListenerOptions Listener { get; set; } = new();

    /// <summary>
    /// How long <see cref="TcpServer.DisposeAsync"/> lets connections finish before it aborts them. 5 seconds by default.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
