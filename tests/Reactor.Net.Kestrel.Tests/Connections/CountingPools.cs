using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Kestrel.Tests.Connections;

/// <summary>Makes memory pools that know what is out there.</summary>
internal sealed class CountingPools : IMemoryPoolFactory<byte>
{
    private long _rented;
    private long _outstanding;

    internal long Rented => Interlocked.Read(ref _rented);

    internal long Outstanding => Interlocked.Read(ref _outstanding);

    internal ServiceDescriptor Descriptor => ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>>(this);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new CountingPool(this);

    private sealed class CountingPool(CountingPools pools) : MemoryPool<byte>
    {
        public override int MaxBufferSize => 4_096;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            Interlocked.Increment(ref pools._rented);
            Interlocked.Increment(ref pools._outstanding);
            return new Block(pools);
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Block(CountingPools pools) : IMemoryOwner<byte>
    {
        private byte[]? _array = new byte[4_096];

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            Assert.NotNull(Interlocked.Exchange(ref _array, null));
            Interlocked.Decrement(ref pools._outstanding);
        }
    }
}
