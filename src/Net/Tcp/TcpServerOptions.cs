namespace Reactor.Net;

/// <summary>How a <see cref="TcpServer"/> listens, spreads its connections over the shards, and stops.</summary>
public sealed class TcpServerOptions
{
    /// <summary>What <see cref="CancellationTokenSource"/> takes: no longer than 2^32 - 2 milliseconds.</summary>
    private static readonly TimeSpan s_longestDrainTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Backlog, dual mode, and how the sockets of connections are set. Where each shard has a listener, each has the backlog.</summary>
    public TcpListenerOptions Listener { get; set; } = new();

    /// <summary>How connections come to the shards. <see cref="ConnectionDistribution.ReusePort"/> by default.</summary>
    public ConnectionDistribution Distribution { get; set; }

    /// <summary>
    /// How many connections the server has at the most, on all shards together; null, the default, for no limit. At the
    /// limit no shard accepts: further clients wait in the backlog, and are accepted as others end, the shard that has
    /// waited longest first.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// The scheduling group in which connections are accepted and handlers run. Null, the default, for that of the code
    /// which starts the server.
    /// </summary>
    public SchedulingGroup? SchedulingGroup { get; set; }

    /// <summary>
    /// How long <see cref="TcpServer.DisposeAsync"/> lets connections finish before it aborts them. 5 seconds by default.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether shard 0 accepts for all.</summary>
    internal bool HasOneAcceptor => Distribution is ConnectionDistribution.LeastConnections or ConnectionDistribution.ClientPort;

    internal TcpServerOptions Copy() => (TcpServerOptions)MemberwiseClone();

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate(IReadOnlyList<Shard> shards)
    {
        if (!Enum.IsDefined(Distribution))
        {
            throw Refuse(nameof(Distribution), Distribution, $"known are {string.Join(", ", Enum.GetNames<ConnectionDistribution>())}");
        }

        if (Distribution == ConnectionDistribution.IncomingCpu && shards.FirstOrDefault(shard => shard.Cpu is null) is { } free)
        {
            throw Refuse(nameof(Distribution), Distribution, $"it needs shards that are pinned to one CPU each, and {free} is not. Leave {nameof(ReactorOptions)}.{nameof(ReactorOptions.Overprovisioned)} off, or choose another distribution");
        }

        if (MaxConnections < 1)
        {
            throw Refuse(nameof(MaxConnections), MaxConnections, "at least 1 is needed; leave it null for no limit");
        }

        if (DrainTimeout != Timeout.InfiniteTimeSpan && (DrainTimeout < TimeSpan.Zero || DrainTimeout > s_longestDrainTimeout))
        {
            throw Refuse(nameof(DrainTimeout), DrainTimeout, $"from 0 to {s_longestDrainTimeout:d\\.hh\\:mm} is possible, and Timeout.InfiniteTimeSpan to wait without end");
        }
    }

    private static ArgumentException Refuse(string option, object? value, string why) =>
        new($"{nameof(TcpServerOptions)}.{option} is {value}: {why}.", option);
}
