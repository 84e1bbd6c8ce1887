namespace Reactor.Net;

/// <summary>How a server spreads its connections over the shards, how many it takes, and how it stops: the same for all kinds of connections.</summary>
public abstract class ServerOptions
{
    /// <summary>What <see cref="CancellationTokenSource"/> takes: no longer than 2^32 - 2 milliseconds.</summary>
    private static readonly TimeSpan s_longestDrainTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private protected ServerOptions()
    {
    }

    /// <summary>
    /// How connections come to the shards. By default <see cref="ConnectionDistribution.ReusePort"/> for TCP, and
    /// <see cref="ConnectionDistribution.LeastConnections"/> for Unix domain sockets.
    /// </summary>
    public ConnectionDistribution Distribution { get; set; }

    /// <summary>
    /// Has every connection begin with a header of the PROXY protocol, which is received before the handler is called: the
    /// connection gives it as <see cref="StreamConnection.ProxyHeader"/>, and a TCP connection the client's address as
    /// <see cref="TcpConnection.ClientEndPoint"/>. A connection from which no valid header comes in time is reset, and counted in
    /// <see cref="ServerStatistics.ProxyRefusals"/>. Null, the default, takes every byte for the handler's.
    /// </summary>
    /// <remarks>
    /// It does not go with <see cref="ConnectionDistribution.ClientPort"/>: whose port that is stands in the header, which is
    /// read on the shard that serves.
    /// </remarks>
    public ProxyProtocolOptions? ProxyProtocol { get; set; }

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
    /// How long <see cref="ConnectionServer{TConnection}.DisposeAsync"/> lets connections finish before it aborts them. 5
    /// seconds by default.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The places of <see cref="MaxConnections"/>, shared by servers that start and stop together; null for a server's own.</summary>
    internal ConnectionLimit? Limit { get; set; }

    /// <summary>
    /// Told of handlers that have failed, instead of <see cref="ReactorOptions.UnhandledException"/>: on the shard, if that
    /// still runs. Null for that.
    /// </summary>
    internal Action<StreamConnection, Exception>? HandlerFailed { get; set; }

    /// <summary>Whether shard 0 accepts for all.</summary>
    internal bool HasOneAcceptor => Distribution is ConnectionDistribution.LeastConnections or ConnectionDistribution.RoundRobin or ConnectionDistribution.ClientPort;

    internal ConnectionLimit? NewLimit() => MaxConnections is { } most ? new ConnectionLimit(most) : null;

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal virtual void Validate(IReadOnlyList<Shard> shards)
    {
        if (!Enum.IsDefined(Distribution))
        {
            throw Refuse(nameof(Distribution), Distribution, $"known are {string.Join(", ", Enum.GetNames<ConnectionDistribution>())}");
        }

        ProxyProtocol?.Validate($"{GetType().Name}.{nameof(ProxyProtocol)}");
        if (ProxyProtocol is not null && Distribution == ConnectionDistribution.ClientPort)
        {
            throw Refuse(nameof(Distribution), Distribution, $"with {nameof(ProxyProtocol)} the client's port is known only on the shard that serves. {nameof(ConnectionDistribution.LeastConnections)} spreads the connections of a proxy evenly");
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

    private protected ArgumentException Refuse(string option, object? value, string why) =>
        OptionChecks.Refuse(GetType().Name, option, value, why);
}
