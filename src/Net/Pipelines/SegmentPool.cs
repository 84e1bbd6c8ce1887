using System.Buffers;

namespace Reactor.Net;

/// <summary>What the pipes of a shard rent: segments, and the blocks in them.</summary>
internal sealed class SegmentPool
{
    /// <summary>As many as there are blocks.</summary>
    private const int MostKept = ShardBlockPool.MostKept;

    [ThreadStatic]
    private static SegmentPool? t_current;

    private readonly Shard _shard;
    private PipeSegment? _free;
    private int _freeCount;

    private SegmentPool(Shard shard)
    {
        _shard = shard;
        Blocks = new ShardBlockPool(shard);
    }

    /// <summary>The shard's own blocks.</summary>
    internal ShardBlockPool Blocks { get; }

    /// <summary>On the shard: its pool.</summary>
    internal static SegmentPool Of(Shard shard) => t_current ??= new SegmentPool(shard);

    /// <summary>An empty segment with a block of at least this size; what the pool does not have so big comes from the shared array pool.</summary>
    /// <remarks>Hot path.</remarks>
    internal PipeSegment Rent(MemoryPool<byte> pool, int size)
    {
        // The rentals first: they may fail, and then the segment is still where it was.
        IMemoryOwner<byte>? owner = size <= pool.MaxBufferSize ? pool.Rent(Math.Max(size, Math.Min(ShardBlockPool.BlockSize, pool.MaxBufferSize))) : null;
        byte[]? array = owner is null ? ArrayPool<byte>.Shared.Rent(size) : null;
        PipeSegment segment = Pop();
        if (owner is not null)
        {
            segment.Take(owner);
        }
        else
        {
            segment.Take(array!);
        }

        return segment;
    }

    internal void Return(PipeSegment segment)
    {
        segment.Release();
        if (_freeCount < MostKept && _shard.IsOnShard)
        {
            segment.Link(_free);
            _free = segment;
            _freeCount++;
        }
    }

    /// <summary>Returns a segment and all that are linked behind it.</summary>
    internal void ReturnAll(PipeSegment? first)
    {
        while (first is not null)
        {
            PipeSegment? next = first.NextSegment;
            Return(first);
            first = next;
        }
    }

    private PipeSegment Pop()
    {
        if (_free is not { } segment || !_shard.IsOnShard)
        {
            return new PipeSegment();
        }

        _free = segment.NextSegment;
        _freeCount--;
        segment.Link(null);
        return segment;
    }
}
