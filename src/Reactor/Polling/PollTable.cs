using System.Diagnostics;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Reactor.Polling;

/// <summary>Where a slot's poll is.</summary>
internal enum PollSlotState : byte
{
    /// <summary>Nowhere.</summary>
    Idle,

    /// <summary>In the batch of the next io_submit.</summary>
    Queued,

    /// <summary>In the kernel, until its completion is harvested.</summary>
    Armed,

    /// <summary>In the epoll set of those that found no place.</summary>
    Overflowing,
}

/// <summary>One direction of one polled descriptor.</summary>
internal struct PollSlot
{
    /// <summary>Who gets the next completion; null when it was abandoned.</summary>
    internal PollWaiter? Waiter;

    /// <summary>The place in the batch while <see cref="PollSlotState.Queued"/>.</summary>
    internal int BatchIndex;

    internal PollSlotState State;
}

/// <summary>One polled descriptor.</summary>
internal struct PolledDescriptor
{
    internal int Fd;

    /// <summary>Counts the descriptors that this entry has served, so that a completion of a former one is recognised.</summary>
    internal uint Generation;

    /// <summary>The next free entry while this one is free.</summary>
    internal int NextFree;

    /// <summary>What the epoll set that it is in watches it for; zero when it is in none.</summary>
    internal int Watched;

    /// <summary>The set of those that found no place knows it, though it may watch it for nothing.</summary>
    internal bool IsInSet;

    /// <summary>The set goes on watching it for reading after it has told of it, because somebody always waits again.</summary>
    internal bool IsKeptInSet;

    /// <summary>Times that the set has told of it in vain since somebody last waited, while it is kept there.</summary>
    internal byte ToldInVain;

    /// <summary>Waits in the set since it last had a plain poll.</summary>
    internal int WaitsInSet;

    /// <summary>AIO has no polls for it: it always waits in that set.</summary>
    internal bool IsRefusedByAio;

    /// <summary>Its owner has let go of it; it is closed when its last completion is harvested.</summary>
    internal bool IsClosing;
}

/// <summary>
/// The polled descriptors of a shard and their slots. Entry <c>i</c> has slots <c>2i</c> (read) and <c>2i + 1</c> (write),
/// each with an iocb in native memory that never moves, because its address is what io_cancel goes by.
/// </summary>
internal sealed unsafe class PollTable : IDisposable
{
    private const int SlotsPerChunkBits = 10;
    private const int SlotsPerChunk = 1 << SlotsPerChunkBits;
    private const int None = -1;

    private readonly List<nint> _chunks = [];
    private PollSlot[] _slots = [];
    private PolledDescriptor[] _descriptors = [];
    private int _firstFree = None;

    /// <summary>The number of entries, free ones included.</summary>
    internal int Count => _descriptors.Length;

    internal ref PolledDescriptor Descriptor(int handle) => ref _descriptors[handle];

    internal ref PollSlot Slot(int slot) => ref _slots[slot];

    internal iocb* Iocb(int slot) => (iocb*)_chunks[slot >> SlotsPerChunkBits] + (slot & (SlotsPerChunk - 1));

    /// <summary>What a slot waits for; the same bits serve poll and epoll.</summary>
    internal int Events(int slot) => (int)Iocb(slot)->aio_buf;

    /// <summary>Which of the events that are waited for have come: an error, or the end of both directions, is for whoever waits.</summary>
    internal static int Told(int events, int watched) => (events & (LibC.POLLERR | LibC.POLLHUP)) != 0 ? watched : events & watched;

    internal static int SlotOf(int handle, PollDirection direction) => (handle << 1) | (int)direction;

    internal static int HandleOf(int slot) => slot >> 1;

    /// <summary>What the kernel carries through a poll: the slot, and the generation that it belongs to.</summary>
    internal static ulong Identity(int slot, uint generation) => (uint)slot | ((ulong)generation << 32);

    internal static int SlotOf(ulong identity) => (int)(uint)identity;

    /// <summary>Whether the completion belongs to the descriptor that has the entry now, and not to a former one.</summary>
    internal bool IsCurrent(ulong identity)
    {
        int slot = SlotOf(identity);
        return (uint)slot < (uint)_slots.Length && _descriptors[HandleOf(slot)].Generation == (uint)(identity >> 32);
    }

    /// <summary>Takes a free entry for the descriptor and writes both of its iocbs, once for its lifetime.</summary>
    internal int Add(int fd, ushort opcode, int readEvents)
    {
        if (_firstFree == None)
        {
            Grow();
        }

        int handle = _firstFree;
        ref PolledDescriptor descriptor = ref _descriptors[handle];
        _firstFree = descriptor.NextFree;
        descriptor.Fd = fd;
        descriptor.Watched = 0;
        descriptor.IsInSet = false;
        descriptor.IsKeptInSet = false;
        descriptor.WaitsInSet = 0;
        descriptor.IsRefusedByAio = false;
        descriptor.IsClosing = false;
        Write(SlotOf(handle, PollDirection.Read), readEvents);
        Write(SlotOf(handle, PollDirection.Write), LibC.POLLOUT);
        return handle;

        void Write(int slot, int events)
        {
            iocb* iocb = Iocb(slot);
            *iocb = default;
            iocb->aio_data = Identity(slot, _descriptors[handle].Generation);
            iocb->aio_lio_opcode = opcode;
            iocb->aio_fildes = fd;
            iocb->aio_buf = (ulong)events;
        }
    }

    /// <summary>Frees the entry. From here on its generation is another.</summary>
    internal void Remove(int handle)
    {
        ref PolledDescriptor descriptor = ref _descriptors[handle];
        Debug.Assert(
            Slot(SlotOf(handle, PollDirection.Read)).State == PollSlotState.Idle && Slot(SlotOf(handle, PollDirection.Write)).State == PollSlotState.Idle,
            "an entry freed under a poll would hand the completion to its next owner");
        descriptor.Fd = -1;
        descriptor.IsClosing = false;
        descriptor.Generation++;
        descriptor.NextFree = _firstFree;
        _firstFree = handle;
    }

    public void Dispose()
    {
        foreach (nint chunk in _chunks)
        {
            NativeMemory.Free((void*)chunk);
        }

        _chunks.Clear();
    }

    private void Grow()
    {
        int first = _descriptors.Length;
        int count = SlotsPerChunk / 2;
        _chunks.Add((nint)NativeMemory.AllocZeroed(SlotsPerChunk, (nuint)sizeof(iocb)));
        Array.Resize(ref _slots, (first + count) * 2);
        Array.Resize(ref _descriptors, first + count);
        for (int handle = first + count - 1; handle >= first; handle--)
        {
            _descriptors[handle] = new PolledDescriptor { Fd = -1, NextFree = _firstFree };
            _firstFree = handle;
        }
    }
}
