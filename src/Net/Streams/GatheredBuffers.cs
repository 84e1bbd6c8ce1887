namespace Reactor.Net;

/// <summary>The buffers of a gathered send that have not gone yet: a list, and how far it has been sent.</summary>
internal struct GatheredBuffers
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>>? _buffers;
    private int _index;
    private int _offset;

    internal GatheredBuffers(IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        _buffers = buffers;
        SkipEmpty();
    }

    internal readonly bool IsEmpty => _buffers is null || _index == _buffers.Count;

    /// <summary>Drops bytes from the front.</summary>
    internal void Advance(int bytes)
    {
        while (bytes > 0)
        {
            int available = _buffers![_index].Length - _offset;
            if (bytes < available)
            {
                _offset += bytes;
                return;
            }

            bytes -= available;
            _index++;
            _offset = 0;
        }

        SkipEmpty();
    }

    public readonly Enumerator GetEnumerator() => new(this);

    private void SkipEmpty()
    {
        while (!IsEmpty && _buffers![_index].Length == _offset)
        {
            _index++;
            _offset = 0;
        }
    }

    /// <summary>Walks over what is left, without the empty ones.</summary>
    internal struct Enumerator(GatheredBuffers rest)
    {
        private GatheredBuffers _rest = rest;
        private bool _hasStarted;

        public readonly ReadOnlyMemory<byte> Current => _rest._buffers![_rest._index][_rest._offset..];

        public bool MoveNext()
        {
            if (_hasStarted)
            {
                _rest.Advance(_rest._buffers![_rest._index].Length - _rest._offset);
            }

            _hasStarted = true;
            return !_rest.IsEmpty;
        }
    }
}
