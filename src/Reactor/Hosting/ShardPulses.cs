namespace Reactor.Hosting;

/// <summary>The pulses of all shards: one set for the application, whatever the number of its health checks.</summary>
internal sealed class ShardPulses(ReactorHost host)
{
    internal IReadOnlyList<ShardPulse> Shards { get; } = [.. host.Shards.Select(shard => new ShardPulse(shard))];
}
