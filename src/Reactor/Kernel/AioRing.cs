using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The completion ring that the kernel maps into the process at io_setup. The kernel moves the tail, we move the head;
/// reading it needs no system call.
/// </summary>
/// <remarks>
/// One consumer. The kernel writes an event and then the tail; we load the tail with acquire, so that the events before
/// it are visible, copy them, and store the head with release, so that no copy is still under way when the kernel takes
/// the place again.
/// </remarks>
internal unsafe struct AioRing
{
    private const uint Magic = 0xa10a10a1;
    private const uint CompatFeatures = 1;
    private const uint IncompatFeatures = 0;

    private readonly aio_ring* _header;
    private readonly io_event* _events;
    private readonly uint _size;

    private AioRing(aio_ring* header)
    {
        _header = header;
        _events = (io_event*)(header + 1);
        _size = header->nr;
    }

    /// <summary>False for the default value, which stands for a ring that is not to be read.</summary>
    internal readonly bool IsReadable => _header != null;

    /// <summary>The number of events that the ring holds; more than was asked of io_setup, and not promised.</summary>
    internal readonly int Size => (int)_size;

    internal readonly uint* Head => IsReadable ? &_header->head : null;

    internal readonly uint* Tail => IsReadable ? &_header->tail : null;

    /// <summary>
    /// Takes the ring if every field of its header is what this code was written for. If not, the kernel has a layout
    /// that we do not know, and events must be fetched by system call.
    /// </summary>
    internal static bool TryRead(aio_ring* header, int capacity, out AioRing ring)
    {
        bool understood = header != null
            && header->magic == Magic
            && header->compat_features == CompatFeatures
            && header->incompat_features == IncompatFeatures
            && header->header_length == sizeof(aio_ring)
            && header->nr >= (uint)capacity
            && header->head < header->nr
            && header->tail < header->nr;
        ring = understood ? new AioRing(header) : default;
        return understood;
    }

    /// <summary>Two loads from user memory: is there an event to harvest?</summary>
    internal readonly bool HasEvents
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _header->tail) != _header->head;
    }

    /// <summary>Moves up to <paramref name="capacity"/> events out of the ring and returns their number.</summary>
    internal readonly int Take(io_event* destination, int capacity)
    {
        uint head = _header->head;
        uint tail = Volatile.Read(ref _header->tail);
        int taken = 0;
        while (head != tail && taken < capacity)
        {
            // Up to the tail, or up to the end of the ring, where it wraps around.
            uint run = Math.Min((head < tail ? tail : _size) - head, (uint)(capacity - taken));
            Unsafe.CopyBlockUnaligned(destination + taken, _events + head, run * (uint)sizeof(io_event));
            taken += (int)run;
            head = head + run == _size ? 0 : head + run;
        }

        if (taken > 0)
        {
            Volatile.Write(ref _header->head, head);
        }

        return taken;
    }
}
