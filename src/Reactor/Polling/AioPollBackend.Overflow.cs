using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Polling;

/// <content>
/// What finds no place among the AIO polls: it waits in an epoll set whose own descriptor has a poll of its own, with a
/// place that is kept for it. So there is no end to the number of idle connections, and still one place to wait.
/// </content>
internal sealed unsafe partial class AioPollBackend
{
    /// <summary>Events taken at a time. The kernel puts what was told behind what was not, so that no descriptor is passed over.</summary>
    private const int OverflowBatch = 1_024;

    /// <summary>
    /// Who has waited in the set so often without room for a poll is watched there for good: the call that epoll wants for
    /// each wait of one that is watched once cost a server 5% of its CPU.
    /// </summary>
    private const int WaitsUntilKept = 8;

    /// <summary>
    /// Once is no reason to let go of it: whoever was told before may not have had the time to receive. More often, it
    /// would keep an idle shard awake.
    /// </summary>
    private const int MostToldInVain = 1;

    /// <summary>Instead of a slot: the poll of the set.</summary>
    private const ulong OverflowIdentity = ulong.MaxValue;

    private EpollSet? _overflow;
    private epoll_event* _overflowEvents;
    private iocb* _overflowPoll;
    private bool _isOverflowArmed;

    // The last harvest has told waiters of the set. They have not run, so that asking it again would tell the same.
    private bool _hasJustToldOverflow;

    /// <summary>
    /// Has the slot wait in the set, as a poll does. A failure leaves the slot as it was: epoll does not take the descriptor
    /// (EPERM: it is always ready), or has no more room, or there is no descriptor for the set (EMFILE).
    /// </summary>
    private SysResult TryOverflow(int index)
    {
        if (_overflow is null && !TryOpenOverflow())
        {
            return SysResult.Failure(LibC.EMFILE);
        }

        int handle = PollTable.HandleOf(index);
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        bool isForReading = index == PollTable.SlotOf(handle, PollDirection.Read);
        if (!isForReading || !descriptor.IsKeptInSet)
        {
            int waitedFor = WaitedForInSet(handle);
            bool keep = isForReading && waitedFor == 0 && descriptor.WaitsInSet >= WaitsUntilKept;
            SysResult result = Watch(handle, waitedFor | _table.Events(index), keep);
            if (result.IsError)
            {
                return result;
            }
        }

        descriptor.ToldInVain = 0;
        descriptor.WaitsInSet++;
        _table.Slot(index).State = PollSlotState.Overflowing;
        Counters.PollsOverflowing++;
        Counters.Overflows++;
        return default;
    }

    private bool TryOpenOverflow()
    {
        _overflow = EpollSet.TryCreate();
        if (_overflow is null)
        {
            return false;
        }

        _overflowEvents = (epoll_event*)NativeMemory.Alloc(OverflowBatch, (nuint)sizeof(epoll_event));
        _overflowPoll = (iocb*)NativeMemory.AllocZeroed(1, (nuint)sizeof(iocb));
        _overflowPoll->aio_data = OverflowIdentity;
        _overflowPoll->aio_lio_opcode = LibCExtra.IOCB_CMD_POLL;
        _overflowPoll->aio_fildes = _overflow.Fd;
        _overflowPoll->aio_buf = (ushort)LibC.POLLIN;
        OnFirstOverflow?.Invoke();
        return true;
    }

    /// <summary>Submits the poll of the set, whose place is kept. Cannot fail for long: the next turn tries again.</summary>
    private void ArmOverflow()
    {
        if (_overflow is not null && !_isOverflowArmed && Counters.PollsOverflowing > 0 && !_hasJustToldOverflow)
        {
            iocb* poll = _overflowPoll;
            _isOverflowArmed = !Count(_context.Submit(&poll, 1)).IsError;
        }
    }

    /// <summary>The set has something: hands it over as completions are.</summary>
    private void HarvestOverflow()
    {
        int count = Count(_overflow!.Wait(_overflowEvents, OverflowBatch, TimeSpan.Zero)).Value;
        for (int i = 0; i < count; i++)
        {
            TellOverflow(_overflowEvents[i].data.u64, _overflowEvents[i].events);
        }
    }

    private void TellOverflow(ulong identity, int events)
    {
        if (!_table.IsCurrent(identity))
        {
            return;
        }

        int handle = PollTable.HandleOf(PollTable.SlotOf(identity));
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);

        int told = PollTable.Told(events, descriptor.Watched);
        if (!descriptor.IsKeptInSet)
        {
            // Told once, the set is silent about this descriptor, in both directions.
            int left = descriptor.Watched & ~told;
            descriptor.Watched = 0;
            if (left != 0)
            {
                Watch(handle, left, keep: false);
            }
        }
        else if (WaitedForInSet(handle) == 0 && ++descriptor.ToldInVain > MostToldInVain)
        {
            LeaveOverflow(handle);
        }

        TellSlot(PollTable.SlotOf(handle, PollDirection.Read), told, events);
        TellSlot(PollTable.SlotOf(handle, PollDirection.Write), told, events);
    }

    private void TellSlot(int index, int told, int events)
    {
        ref PollSlot slot = ref _table.Slot(index);
        if (slot.State != PollSlotState.Overflowing || (told & _table.Events(index)) == 0)
        {
            return;
        }

        PollWaiter? waiter = slot.Waiter;
        slot.Waiter = null;
        slot.State = PollSlotState.Idle;
        Counters.PollsOverflowing--;
        if (waiter is null)
        {
            Counters.StaleCompletions++;
        }
        else
        {
            _hasJustToldOverflow = true;
            waiter.OnReady(events);
        }
    }

    /// <summary>The descriptor is closed, or has a poll again: the set is to know nothing of it.</summary>
    private void LeaveOverflow(int handle)
    {
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        if (!descriptor.IsInSet)
        {
            return;
        }

        Count(_overflow!.Remove(descriptor.Fd));
        descriptor.IsInSet = false;
        descriptor.IsKeptInSet = false;
        descriptor.WaitsInSet = 0;
        descriptor.Watched = 0;
        Forget(ref _table.Slot(PollTable.SlotOf(handle, PollDirection.Read)));
        Forget(ref _table.Slot(PollTable.SlotOf(handle, PollDirection.Write)));

        void Forget(ref PollSlot slot)
        {
            if (slot.State == PollSlotState.Overflowing)
            {
                slot.State = PollSlotState.Idle;
                Counters.PollsOverflowing--;
            }
        }
    }

    /// <summary>A poll of the descriptor is armed: unless its other direction waits in the set, that need not know it any more.</summary>
    private void ReturnFromOverflow(int handle)
    {
        if (_table.Descriptor(handle).IsInSet && WaitedForInSet(handle) == 0)
        {
            LeaveOverflow(handle);
        }
    }

    /// <summary>What somebody waits for in the set.</summary>
    private int WaitedForInSet(int handle)
    {
        return Of(PollTable.SlotOf(handle, PollDirection.Read)) | Of(PollTable.SlotOf(handle, PollDirection.Write));

        int Of(int index) => _table.Slot(index).State == PollSlotState.Overflowing ? _table.Events(index) : 0;
    }

    /// <summary>Has the set tell of these events: once, or as long as they are there.</summary>
    private SysResult Watch(int handle, int events, bool keep)
    {
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        ulong identity = PollTable.Identity(PollTable.SlotOf(handle, PollDirection.Read), descriptor.Generation);
        int flags = keep ? 0 : LibC.EPOLLONESHOT;
        SysResult result = Count(descriptor.IsInSet
            ? _overflow!.Modify(descriptor.Fd, events | flags, identity)
            : _overflow!.Add(descriptor.Fd, events | flags, identity));
        if (!result.IsError)
        {
            descriptor.IsInSet = true;
            descriptor.IsKeptInSet = keep;
            descriptor.Watched = events;
        }

        return result;
    }

    private void CloseOverflow()
    {
        _overflow?.Dispose();
        NativeMemory.Free(_overflowEvents);
        NativeMemory.Free(_overflowPoll);
    }
}
