using System.Buffers;
using System.Runtime.InteropServices;

namespace Reactor.Net;

/// <summary>
/// The blocks into which the pipes of one shard receive and from which they send, unless they are given another pool: of one
/// size, on the pinned heap, so that a system call need not pin them, and without a lock, because they stay on the shard.
/// </summary>
internal sealed class ShardBlockPool(Shard shard) : MemoryPool<byte>
{
    /// <summary>A page: one request or answer mostly fits, and little is wasted where it does not.</summary>
    internal const int BlockSize = 4_096;

    /// <summary>16 MiB of free blocks are kept; what comes back beyond that is left to the garbage collector.</summary>
    internal const int MostKept = 4_096;

    private Block? _free;

    /// <summary>How many blocks are free.</summary>
    internal int Free { get; private set; }

    public override int MaxBufferSize => BlockSize;

    /// <remarks>Hot path.</remarks>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_free is not { } block || !shard.IsOnShard)
        {
            // What is used after its shard has stopped may be used on any thread, and the list is not locked.
            return new Block(this) { IsRented = true };
        }

        _free = block.Next;
        Free--;
        block.Next = null;
        block.IsRented = true;
        return block;
    }

    protected override void Dispose(bool disposing)
    {
        // It lives as long as its shard.
    }

    private void Return(Block block)
    {
        if (block.IsRented && Free < MostKept && shard.IsOnShard)
        {
            block.Next = _free;
            _free = block;
            Free++;
        }

        block.IsRented = false;
    }

    private sealed class Block(ShardBlockPool pool) : IMemoryOwner<byte>
    {
        internal Block? Next;
        internal bool IsRented;

        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        /// <summary>Gives the block back. A second time does nothing, unless somebody else has it by then: as with every pool, whoever gave it back must not use it.</summary>
        public void Dispose() => pool.Return(this);
    }
}
