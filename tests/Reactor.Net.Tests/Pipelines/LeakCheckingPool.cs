using System.Buffers;
using System.Diagnostics;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>A pool that knows what has not come back, tells who gives back twice, and makes blocks unreadable that have been given back.</summary>
internal sealed class LeakCheckingPool(int blockSize = 4_096) : MemoryPool<byte>
{
    private int _failIn = int.MaxValue;

    internal int Rented { get; private set; }

    internal int MostRented { get; private set; }

    public override int MaxBufferSize => blockSize;

    /// <summary>After so many rentals more, renting fails.</summary>
    internal void FailAfter(int rentals) => _failIn = rentals;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        Assert.True(minBufferSize <= blockSize);
        if (_failIn-- == 0)
        {
            throw new InvalidOperationException("the pool is empty");
        }

        Rented++;
        MostRented = Math.Max(MostRented, Rented);
        return new Block(this, blockSize);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(LeakCheckingPool pool, int size) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = new byte[size];
        private bool _isBack;

        public Memory<byte> Memory
        {
            get
            {
                Debug.Assert(!_isBack);
                return _bytes;
            }
        }

        public void Dispose()
        {
            Assert.False(_isBack, "given back twice");
            _isBack = true;
            pool.Rented--;
            _bytes.AsSpan().Fill(0xDD);
        }
    }
}
