namespace Reactor.Net;

/// <summary>How a <see cref="UnixServer"/> listens, spreads its connections over the shards, and stops.</summary>
public sealed class UnixServerOptions : ServerOptions
{
    /// <summary>Makes options with their defaults.</summary>
    public UnixServerOptions() => Distribution = ConnectionDistribution.LeastConnections;

    /// <summary>Backlog, what becomes of the file, and how the sockets of connections are set.</summary>
    public UnixListenerOptions Listener { get; set; } = new();

    internal UnixServerOptions Copy() => (UnixServerOptions)MemberwiseClone();

    internal override void Validate(IReadOnlyList<Shard> shards)
    {
        base.Validate(shards);
        if (Distribution is not (ConnectionDistribution.LeastConnections or ConnectionDistribution.RoundRobin))
        {
            throw Refuse(
                nameof(Distribution),
                Distribution,
                $"a Unix domain socket has one listener and no ports, so that only {nameof(ConnectionDistribution.LeastConnections)} and {nameof(ConnectionDistribution.RoundRobin)} are possible");
        }
    }
}
