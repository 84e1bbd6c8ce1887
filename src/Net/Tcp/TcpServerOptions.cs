using System.Diagnostics.CodeAnalysis;

namespace Reactor.Net;

/// <summary>How a <see cref="TcpServer"/> listens, spreads its connections over the shards, and stops.</summary>
public class TcpServerOptions : ServerOptions
{
    /// <summary>Makes options with their defaults.</summary>
    [SuppressMessage("ApiDesign", "RS0022", Justification = "The base has no protected members that a subclass would see.")]
    public TcpServerOptions()
    {
    }

    /// <summary>Backlog, dual mode, and how the sockets of connections are set. Where each shard has a listener, each has the backlog.</summary>
    public TcpListenerOptions Listener { get; set; } = new();

    internal TcpServerOptions Copy() => (TcpServerOptions)MemberwiseClone();

    internal override void Validate(IReadOnlyList<Shard> shards)
    {
        base.Validate(shards);
        if (Listener is null)
        {
            throw Refuse(nameof(Listener), null, $"a {nameof(TcpListenerOptions)} is needed");
        }

        Listener.Validate($"{nameof(TcpServerOptions)}.{nameof(Listener)}");
        if (Distribution == ConnectionDistribution.IncomingCpu && shards.FirstOrDefault(shard => shard.Cpu is null) is { } free)
        {
            throw Refuse(nameof(Distribution), Distribution, $"it needs shards that are pinned to one CPU each, and {free} is not. Leave {nameof(ReactorOptions)}.{nameof(ReactorOptions.Overprovisioned)} off, or choose another distribution");
        }
    }

    /// <summary>The same where there is one socket, which somebody else has opened; the kernel has nothing to spread connections over.</summary>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    internal void ValidateForOneSocket(IReadOnlyList<Shard> shards)
    {
        if (Distribution == ConnectionDistribution.ReusePort)
        {
            Distribution = ConnectionDistribution.LeastConnections;
        }

        Validate(shards);
        if (!HasOneAcceptor)
        {
            throw Refuse(nameof(Distribution), Distribution, $"each shard would need a socket of its own, and there is one. {nameof(ConnectionDistribution.LeastConnections)}, {nameof(ConnectionDistribution.RoundRobin)} and {nameof(ConnectionDistribution.ClientPort)} are possible");
        }
    }
}
