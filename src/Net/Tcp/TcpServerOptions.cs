namespace Reactor.Net;

/// <summary>How a <see cref="TcpServer"/> listens, spreads its connections over the shards, and stops.</summary>
public sealed class TcpServerOptions : ServerOptions
{
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
}
