using Microsoft.AspNetCore.Connections;

namespace Reactor.Net.Kestrel;

/// <summary>What the connections of each shard share. Made on a shard when its first connection comes.</summary>
internal sealed class TransportShards(ReactorHost host, IMemoryPoolFactory<byte>? pools) : IDisposable
{
    // By the id of the shard.
    private readonly TransportShard?[] _shards = new TransportShard?[host.Shards.Count];

    /// <summary>That of the current shard.</summary>
    internal TransportShard Local
    {
        get
        {
            Shard shard = Shard.Current!;
            return _shards[shard.Id] ??= new TransportShard(shard, pools);
        }
    }

    /// <summary>Disposes the pools. Blocks that are still out there are the collector's.</summary>
    public void Dispose()
    {
        foreach (TransportShard? shard in _shards)
        {
            shard?.Pool.Dispose();
        }
    }
}
