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

    /// <summary>What <see cref="CancellationTokenSource"/> takes: no longer than 2^32 - 2 milliseconds.</summary>
    private static readonly TimeSpan s_longestDrainTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
        if (DrainTimeout != Timeout.InfiniteTimeSpan && (DrainTimeout < TimeSpan.Zero || DrainTimeout > s_longestDrainTimeout))
        {
            throw new ArgumentException($"{nameof(TcpServerOptions)}.{nameof(DrainTimeout)} is {DrainTimeout}: from 0 to {s_longestDrainTimeout:d\\.hh\\:mm} is possible, and Timeout.InfiniteTimeSpan to wait without end.", nameof(DrainTimeout));
        }
    }
}
