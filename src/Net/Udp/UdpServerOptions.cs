namespace Reactor.Net;

/// <summary>How a <see cref="UdpServer"/> binds and stops.</summary>
public class UdpServerOptions
{
    /// <summary>What <see cref="CancellationTokenSource"/> takes: no longer than 2^32 - 2 milliseconds.</summary>
    private static readonly TimeSpan s_longestDrainTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>How the socket of each shard is set. <see cref="UdpOptions.ReusePort"/> is the server's own affair, and of no effect.</summary>
    public UdpOptions Socket { get; set; } = new();

    /// <summary>The scheduling group in which handlers run. Null, the default, for that of the code which starts the server.</summary>
    public SchedulingGroup? SchedulingGroup { get; set; }

    /// <summary>How long <see cref="UdpServer.DisposeAsync"/> lets handlers finish before it closes their sockets. 5 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    internal UdpServerOptions Copy() => (UdpServerOptions)MemberwiseClone();

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
        if (DrainTimeout != Timeout.InfiniteTimeSpan && (DrainTimeout < TimeSpan.Zero || DrainTimeout > s_longestDrainTimeout))
        {
            throw new ArgumentException(
                $"{nameof(UdpServerOptions)}.{nameof(DrainTimeout)} is {DrainTimeout}: from 0 to {s_longestDrainTimeout:d\\.hh\\:mm} is possible, and Timeout.InfiniteTimeSpan to wait without end.",
                nameof(DrainTimeout));
        }
    }
}
