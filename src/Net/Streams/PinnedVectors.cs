using System.Buffers;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>Several buffers, held in place for one system call that takes or fills them all. Dispose lets them go.</summary>
/// <param name="vectors">Where to describe them to the kernel: room for <see cref="Sockets.MaxVectors"/>.</param>
internal unsafe ref struct PinnedVectors(iovec* vectors)
{
    [ThreadStatic]
    private static MemoryHandle[]? t_pins;

    private readonly MemoryHandle[] _pins = t_pins ??= new MemoryHandle[Sockets.MaxVectors];

    internal int Count { get; private set; }

    /// <summary>The bytes of all of them.</summary>
    internal long Length { get; private set; }

    /// <summary>No more are taken: the rest is for another call.</summary>
    internal readonly bool IsFull => Count == Sockets.MaxVectors;

    internal void Add(ReadOnlyMemory<byte> buffer)
    {
        _pins[Count] = buffer.Pin();
        vectors[Count].iov_base = _pins[Count].Pointer;
        vectors[Count].iov_len = buffer.Length;
        Length += buffer.Length;
        Count++;
    }

    public void Dispose()
    {
        for (int i = 0; i < Count; i++)
        {
            _pins[i].Dispose();
            _pins[i] = default;
        }
    }
}
