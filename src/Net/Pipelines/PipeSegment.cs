using System.Buffers;

namespace Reactor.Net;

/// <summary>
/// A block of memory in a pipe: filled from the front, emptied from the front, linked with the next. Pooled by
/// <see cref="SegmentPool"/>, while its block is another pool's.
/// </summary>
internal sealed class PipeSegment : ReadOnlySequenceSegment<byte>
{
    private IMemoryOwner<byte>? _owner;
    private byte[]? _array;
    private Memory<byte> _block;

    /// <summary>The reader in whose list it is: a position in it is nobody else's.</summary>
    internal ConnectionPipeReader? Reader;

    /// <summary>Up to here it has been sent.</summary>
    internal int Start { get; private set; }

    /// <summary>Up to here it has been filled.</summary>
    internal int End { get; private set; }

    /// <summary>What has been filled and not been sent.</summary>
    internal ReadOnlyMemory<byte> Unsent => _block[Start..End];

    internal bool IsSent => Start == End;

    /// <summary>What is still to be filled.</summary>
    internal Memory<byte> Room => _block[End..];

    internal int RoomLength => _block.Length - End;

    internal PipeSegment? NextSegment => (PipeSegment?)Next;

    internal void Take(IMemoryOwner<byte> owner)
    {
        _owner = owner;
        _block = owner.Memory;
    }

    internal void Take(byte[] array)
    {
        _array = array;
        _block = array;
    }

    internal void Link(PipeSegment? next) => Next = next;

    /// <summary>Puts it into a reader's list.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="offset">Where in the stream of all that is received it begins.</param>
    internal void Enter(ConnectionPipeReader reader, long offset)
    {
        Reader = reader;
        RunningIndex = offset;
    }

    internal void Fill(int bytes)
    {
        End += bytes;
        Memory = _block[..End];
    }

    internal void Sent(int bytes) => Start += bytes;

    /// <summary>Gives its block back.</summary>
    internal void Release()
    {
        _owner?.Dispose();
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _owner = null;
        _array = null;
        _block = default;
        Reader = null;
        Start = End = 0;
        Memory = default;
        Next = null;
        RunningIndex = 0;
    }
}
