using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Polling;

/// <summary>
/// Readiness through Linux AIO polls. A poll is one-shot: armed by io_submit together with all others of the turn,
/// completed through the ring in user memory.
/// </summary>
internal sealed unsafe partial class AioPollBackend : PollBackend
{
    /// <summary>Events copied out of the ring at a time. More are taken in further rounds of the same harvest.</summary>
    private const int HarvestBatch = 256;

    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(10);

    private readonly AioContext _context;
    private readonly PollTable _table = new();
    private readonly io_event* _events;

    // The polls to be submitted: iocb addresses, as io_submit wants them.
    private iocb** _batch;
    private int _batchLength;
    private int _batchCapacity = 256;

    private int _wakeUpSlot = -1;

    // In the submit that is under way: refused, or ready without a poll.
    private readonly List<(PollWaiter Waiter, int Result)> _ended = [];

    internal AioPollBackend(AioContext context)
    {
        _context = context;
        _events = (io_event*)NativeMemory.Alloc(HarvestBatch, (nuint)sizeof(io_event));
        _batch = (iocb**)NativeMemory.Alloc((nuint)_batchCapacity, (nuint)sizeof(iocb*));
    }

    internal override BackendKind Kind => BackendKind.LinuxAio;

    internal override bool HasEvents
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _context.ReadsRing && _context.HasEvents;
    }

    /// <summary>How many polls may be in the kernel; one place more is kept for that of the others' set.</summary>
    internal int Budget => _context.Capacity - 1;

    /// <summary>Polls that wait for the next submit.</summary>
    internal int Queued => _batchLength;

    internal override int RegisterWakeUp(int fd)
    {
        int handle = Register(fd);
        _wakeUpSlot = PollTable.SlotOf(handle, PollDirection.Read);
        return handle;
    }

    internal override int RegisterFor(int fd, int readEvents)
    {
        Counters.Descriptors++;
        return _table.Add(fd, LibCExtra.IOCB_CMD_POLL, readEvents);
    }

    /// <remarks>Hot path: once per request.</remarks>
    internal override void Arm(int handle, PollDirection direction, PollWaiter waiter)
    {
        int index = PollTable.SlotOf(handle, direction);
        ref PollSlot slot = ref _table.Slot(index);
        Debug.Assert(slot.Waiter is null || slot.Waiter == waiter, "one waiter per direction; the operation checks before it arms");
        slot.Waiter = waiter;
        if (slot.State == PollSlotState.Idle && !(_table.Descriptor(handle).IsRefusedByAio && !TryOverflow(index).IsError))
        {
            Enqueue(index, ref slot);
        }
    }

    internal override void Abandon(int handle, PollDirection direction)
    {
        int index = PollTable.SlotOf(handle, direction);
        ref PollSlot slot = ref _table.Slot(index);
        slot.Waiter = null;
        if (slot.State == PollSlotState.Queued)
        {
            Dequeue(ref slot);
        }
    }

    internal override void Close(int handle, CloseMode mode)
    {
        Abandon(handle, PollDirection.Read);
        Abandon(handle, PollDirection.Write);
        LeaveOverflow(handle);
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);

        // Only TCP can be disconnected. Other sockets know no reset: they are shut down.
        bool completes = mode == CloseMode.Reset && !Count(Sockets.Disconnect(descriptor.Fd)).IsError;
        if (!IsArmed(handle))
        {
            Release(handle);
            return;
        }

        descriptor.IsClosing = true;
        Counters.Closing++;
        if (!completes && mode != CloseMode.Cancel)
        {
            completes = !Count(Sockets.ShutdownBoth(descriptor.Fd)).IsError;
        }

        if (!completes)
        {
            // Not a socket, or one that is not connected: there the polls do not end by themselves.
            CancelPoll(PollTable.SlotOf(handle, PollDirection.Read));
            CancelPoll(PollTable.SlotOf(handle, PollDirection.Write));
        }
    }

    internal override int Harvest()
    {
        _hasJustToldOverflow = false;
        int total = 0;
        int count;
        do
        {
            if (!_context.HasEvents)
            {
                break;
            }

            count = _context.Harvest(_events, HarvestBatch);
            Dispatch(count);
            total += count;
        }
        while (count == HarvestBatch);

        return total;
    }

    internal override void Submit()
    {
        int done = 0;
        while (done < _batchLength)
        {
            int room = (int)(Budget - Counters.PollsArmed);
            if (room <= 0)
            {
                // Every place is held by an armed poll.
                done = OverflowFrom(done);
                break;
            }

            SysResult result = Count(_context.Submit(_batch + done, Math.Min(_batchLength - done, room)));
            if (!result.IsError)
            {
                Counters.SubmitCalls++;
                Counters.PollsSubmitted += result.Value;
                for (int end = done + result.Value; done < end; done++)
                {
                    SlotInBatch(done).State = PollSlotState.Armed;
                    if (_overflow is not null)
                    {
                        ReturnFromOverflow(PollTable.HandleOf(PollTable.SlotOf(_batch[done]->aio_data)));
                    }
                }
            }
            else if (result.Errno == LibC.EAGAIN)
            {
                break;
            }
            else if (result.Errno != LibC.EINTR)
            {
                // io_submit names an errno only for the first of a batch: that one is bad, the others are as good as before.
                if (result.Errno != LibC.EINVAL || !TryOverflowForGood(done))
                {
                    Refuse(done, result.Errno);
                }

                done++;
            }
        }

        DropFromBatch(done);
        ArmOverflow();
        TellEnded();
    }

    internal override void Wait(TimeSpan? timeout)
    {
        bool isShort = _batchLength > 0 || (Counters.PollsOverflowing > 0 && !_isOverflowArmed);
        if (isShort && (timeout is null || timeout > s_retryDelay))
        {
            // The kernel was short of something: of places although some are free, of descriptors or memory for the set. No
            // completion will tell when to try again.
            timeout = s_retryDelay;
        }

        timespec duration = Timespec.From(timeout.GetValueOrDefault());
        SysResult result = Count(_context.Wait(_events, HarvestBatch, 1, timeout.HasValue ? &duration : null));
        if (!result.IsError)
        {
            Dispatch(result.Value);
        }
        else if (result.Errno != LibC.EINTR)
        {
            throw new IOException($"waiting on the AIO context failed: {Errno.Describe(result.Errno)}");
        }
    }

    public override void Dispose()
    {
        // Polls that are still armed end with the context, and only then a descriptor can be closed that waited for them.
        _context.Dispose();
        for (int handle = 0; handle < _table.Count; handle++)
        {
            if (_table.Descriptor(handle).IsClosing)
            {
                FileDescriptor.Close(_table.Descriptor(handle).Fd);
            }
        }

        CloseOverflow();
        _table.Dispose();
        NativeMemory.Free(_events);
        NativeMemory.Free(_batch);
        _batch = null;
        _batchLength = 0;
    }

    /// <remarks>Hot path: each event goes from its slot to its waiter, with nothing looked up on the way.</remarks>
    private void Dispatch(int count)
    {
        Counters.Harvests += count > 0 ? 1 : 0;
        for (int i = 0; i < count; i++)
        {
            io_event* completion = _events + i;
            ulong identity = completion->data;
            if (identity == OverflowIdentity)
            {
                // That it was submitted was not counted either.
                _isOverflowArmed = false;
                HarvestOverflow();
                continue;
            }

            Counters.PollsCompleted++;
            if (!_table.IsCurrent(identity))
            {
                Counters.StaleCompletions++;
                continue;
            }

            int index = PollTable.SlotOf(identity);
            ref PollSlot slot = ref _table.Slot(index);
            PollWaiter? waiter = slot.Waiter;
            slot.Waiter = null;
            slot.State = PollSlotState.Idle;
            if (waiter is not null)
            {
                waiter.OnReady((int)completion->res);
                continue;
            }

            Counters.StaleCompletions++;
            int handle = PollTable.HandleOf(index);
            if (_table.Descriptor(handle).IsClosing && !IsArmed(handle))
            {
                Counters.Closing--;
                Release(handle);
            }
        }
    }

    private bool IsArmed(int handle) =>
        _table.Slot(PollTable.SlotOf(handle, PollDirection.Read)).State == PollSlotState.Armed
        || _table.Slot(PollTable.SlotOf(handle, PollDirection.Write)).State == PollSlotState.Armed;

    private void Release(int handle)
    {
        Count(FileDescriptor.Close(_table.Descriptor(handle).Fd));
        _table.Remove(handle);
        Counters.Descriptors--;
    }

    private void CancelPoll(int slot)
    {
        if (_table.Slot(slot).State == PollSlotState.Armed)
        {
            // A failure means that the poll has fired already: its event is on its way.
            Count(_context.Cancel(_table.Iocb(slot)));
        }
    }

    private void Enqueue(int index, ref PollSlot slot)
    {
        if (_batchLength == _batchCapacity)
        {
            _batchCapacity *= 2;
            _batch = (iocb**)NativeMemory.Realloc(_batch, (nuint)_batchCapacity * (nuint)sizeof(iocb*));
        }

        int place = _batchLength++;
        if (index == _wakeUpSlot && place > 0)
        {
            // The wake-up goes first: whatever else finds no place in the kernel, a sleeping shard can be woken.
            _batch[place] = _batch[0];
            SlotInBatch(place).BatchIndex = place;
            place = 0;
        }

        _batch[place] = _table.Iocb(index);
        slot.State = PollSlotState.Queued;
        slot.BatchIndex = place;
    }

    /// <summary>
    /// From this place of the batch on, all wait in the set, but for those that are always ready: these are told so. Those
    /// for which the set has no room stay in the batch.
    /// </summary>
    /// <returns>The place of the first that stays.</returns>
    private int OverflowFrom(int first)
    {
        int end = _batchLength;
        while (first < end)
        {
            SysResult result = TryOverflow(PollTable.SlotOf(_batch[first]->aio_data));
            if (!result.IsError)
            {
                first++;
            }
            else if (result.Errno == LibC.EPERM)
            {
                EndInBatch(first++, LibC.POLLIN | LibC.POLLOUT);
            }
            else
            {
                // Changes places with the last that has not been tried.
                Exchange(first, --end);
            }
        }

        return first;
    }

    private void Exchange(int one, int other)
    {
        iocb* moved = _batch[one];
        _batch[one] = _batch[other];
        _batch[other] = moved;
        SlotInBatch(one).BatchIndex = one;
        SlotInBatch(other).BatchIndex = other;
    }

    /// <summary>AIO has no polls for descriptors with two wait queues: a pty, a FIFO that is open both ways. Epoll has.</summary>
    private bool TryOverflowForGood(int batchIndex)
    {
        int index = PollTable.SlotOf(_batch[batchIndex]->aio_data);
        return _table.Descriptor(PollTable.HandleOf(index)).IsRefusedByAio = !TryOverflow(index).IsError;
    }

    /// <summary>Takes a poll out of the batch; the last one moves to its place.</summary>
    private void Dequeue(ref PollSlot slot)
    {
        slot.State = PollSlotState.Idle;
        _batch[slot.BatchIndex] = _batch[--_batchLength];
        if (slot.BatchIndex < _batchLength)
        {
            SlotInBatch(slot.BatchIndex).BatchIndex = slot.BatchIndex;
        }
    }

    private void DropFromBatch(int count)
    {
        if (count == 0)
        {
            return;
        }

        _batchLength -= count;
        for (int i = 0; i < _batchLength; i++)
        {
            _batch[i] = _batch[i + count];
            SlotInBatch(i).BatchIndex = i;
        }
    }

    private void Refuse(int batchIndex, int errno)
    {
        Counters.PollsRefused++;
        EndInBatch(batchIndex, -errno);
    }

    /// <summary>Its wait has ended without a poll.</summary>
    private void EndInBatch(int batchIndex, int result)
    {
        ref PollSlot slot = ref SlotInBatch(batchIndex);
        PollWaiter? waiter = slot.Waiter;
        slot.Waiter = null;
        slot.State = PollSlotState.Idle;
        if (waiter is not null)
        {
            _ended.Add((waiter, result));
        }
    }

    /// <summary>After the batch is in order again, because a waiter may arm the next poll at once.</summary>
    private void TellEnded()
    {
        if (_ended.Count == 0)
        {
            return;
        }

        foreach ((PollWaiter waiter, int result) in _ended)
        {
            waiter.OnReady(result);
        }

        _ended.Clear();
    }

    private ref PollSlot SlotInBatch(int batchIndex) => ref _table.Slot(PollTable.SlotOf(_batch[batchIndex]->aio_data));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SysResult Count(SysResult result)
    {
        Counters.SystemCalls++;
        return result;
    }
}
