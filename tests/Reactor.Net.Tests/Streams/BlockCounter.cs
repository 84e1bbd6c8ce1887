using System.Buffers;

namespace Reactor.Net.Tests.Streams;

/// <summary>A pool for several shards that knows how many blocks have not come back.</summary>
internal sealed class BlockCounter : MemoryPool<byte>
{
    private long _rented;

    internal long Rented => Volatile.Read(ref _rented);

    public override int MaxBufferSize => 4_096;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        Interlocked.Increment(ref _rented);
        return new Block(this);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(BlockCounter pool) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(4_096);

        public Memory<byte> Memory => _bytes.AsMemory(0, 4_096);

        public void Dispose()
        {
            byte[] bytes = Interlocked.Exchange(ref _bytes, null) ?? throw new InvalidOperationException("given back twice");
            ArrayPool<byte>.Shared.Return(bytes);
            Interlocked.Decrement(ref pool._rented);
        }
    }
}
