using System.Buffers;

namespace Reactor.Net.Kestrel;

/// <summary>
/// The blocks of one shard, from a pool of the application's: a few that come back on the shard are kept there for the next,
/// without the pool's locks. Rented and given back on any thread.
/// </summary>
/// <param name="shard">Whose connections use it most.</param>
/// <param name="pool">Has the memory.</param>
internal sealed class ShardMemoryPool(Shard shard, MemoryPool<byte> pool) : MemoryPool<byte>
{
    /// <summary>1 MiB of blocks of the usual size: as many as the requests of a turn use.</summary>
    private const int MostKept = 256;

    // On the shard; when that has stopped, by whoever disposes the pool.
    private Block? _free;
    private int _freeCount;

    public override int MaxBufferSize => pool.MaxBufferSize;

    /// <remarks>Hot path on the shard, for blocks of the usual size.</remarks>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (!shard.IsOnShard)
        {
            return pool.Rent(minBufferSize);
        }

        if (_free is { } block && minBufferSize <= block.Memory.Length)
        {
            _free = block.Next;
            _freeCount--;
            block.Next = null;
            return block;
        }

        return new Block(this, pool.Rent(minBufferSize));
    }

    protected override void Dispose(bool disposing)
    {
        while (_free is { } block)
        {
            _free = block.Next;
            block.Release();
        }

        pool.Dispose();
    }

    private void Return(Block block)
    {
        if (_freeCount < MostKept && shard.IsOnShard)
        {
            block.Next = _free;
            _free = block;
            _freeCount++;
        }
        else
        {
            block.Release();
        }
    }

    private sealed class Block(ShardMemoryPool owner, IMemoryOwner<byte> rented) : IMemoryOwner<byte>
    {
        internal Block? Next;

        public Memory<byte> Memory { get; } = rented.Memory;

        /// <summary>Once, as with every block: whoever gave it back must not use it.</summary>
        public void Dispose() => owner.Return(this);

        internal void Release() => rented.Dispose();
    }
}
