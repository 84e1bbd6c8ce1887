using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Reactor.Net.Kestrel;

/// <summary>What the connections of one shard share, whichever listener they came by.</summary>
internal sealed class TransportShard
{
    /// <param name="shard">The current shard.</param>
    /// <param name="pools">Makes the application's memory pools; null if it has no factory.</param>
    internal TransportShard(Shard shard, IMemoryPoolFactory<byte>? pools)
    {
        Shard = shard;
        Segments = SegmentPool.Of(shard);
        Pool = new ShardMemoryPool(shard, pools?.Create(new MemoryPoolOptions { Owner = "reactor" }) ?? MemoryPool<byte>.Shared);
    }

    internal Shard Shard { get; }

    internal SegmentPool Segments { get; }

    /// <summary>From which blocks are rented to receive into and to send from, by Kestrel too. Its blocks come and go on any thread.</summary>
    internal MemoryPool<byte> Pool { get; }
}
