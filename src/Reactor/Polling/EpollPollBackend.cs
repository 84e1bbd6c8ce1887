using System.Diagnostics;
using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Polling;

/// <summary>
/// Readiness through a level-triggered epoll set, asked by the shard's own thread once a turn. A descriptor is registered
/// when it is first waited for, and stays.
/// </summary>
/// <remarks>
/// A descriptor that is ready and for which nobody waits would be told again each time. While there is work that does no
/// harm: mostly whoever has been told comes to it in this very turn, and waits again. So it is taken out of the set only
/// when it would keep an idle shard from sleeping.
/// </remarks>
internal sealed unsafe class EpollPollBackend : PollBackend
{
    /// <summary>Events taken at a time. The kernel puts what was told behind what was not, so that no descriptor is passed over.</summary>
    private const int Capacity = 1024;

    private readonly EpollSet _set = new();
    private readonly PollTable _table = new();
    private readonly epoll_event* _events;
    private readonly List<(ulong Identity, int Errno)> _refused = [];

    // Taken from the kernel, and not handed over yet.
    private int _pending;

    // Once a turn, after what the turn has armed, is often enough.
    private bool _isToAsk;

    internal EpollPollBackend() => _events = (epoll_event*)NativeMemory.Alloc(Capacity, (nuint)sizeof(epoll_event));

    internal override BackendKind Kind => BackendKind.Epoll;

    /// <remarks>It is asked by a shard that has nothing to do, and costs a system call.</remarks>
    internal override bool HasEvents
    {
        get
        {
            if (_pending == 0)
            {
                Take(TimeSpan.Zero);
                DropUnwanted();
            }

            return _pending > 0;
        }
    }

    internal override int RegisterFor(int fd, int readEvents)
    {
        Counters.Descriptors++;
        return _table.Add(fd, 0, readEvents);
    }

    internal override int RegisterWakeUp(int fd) => Register(fd);

    /// <remarks>Hot path: once per request, and mostly the descriptor is watched already.</remarks>
    internal override void Arm(int handle, PollDirection direction, PollWaiter waiter)
    {
        int index = PollTable.SlotOf(handle, direction);
        ref PollSlot slot = ref _table.Slot(index);
        Debug.Assert(slot.Waiter is null || slot.Waiter == waiter, "one waiter per direction; the operation checks before it arms");
        if (slot.Waiter is null)
        {
            Counters.PollsSubmitted++;
        }

        slot.Waiter = waiter;
        int events = _table.Events(index);
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        if ((descriptor.Watched & events) != events)
        {
            SysResult result = Watch(handle, descriptor.Watched | events);
            if (result.IsError)
            {
                // Told with the turn's submit: whoever arms does not expect to be told at once.
                _refused.Add((PollTable.Identity(index, descriptor.Generation), result.Errno));
            }
        }
    }

    internal override void Abandon(int handle, PollDirection direction)
    {
        ref PollSlot slot = ref _table.Slot(PollTable.SlotOf(handle, direction));
        if (slot.Waiter is not null)
        {
            slot.Waiter = null;
            Counters.PollsCompleted++;
        }
    }

    internal override void Close(int handle, CloseMode mode)
    {
        Abandon(handle, PollDirection.Read);
        Abandon(handle, PollDirection.Write);
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        if (descriptor.Watched != 0)
        {
            Count(_set.Remove(descriptor.Fd));
            descriptor.Watched = 0;
        }

        if (mode == CloseMode.Reset)
        {
            Count(Sockets.Disconnect(descriptor.Fd));
        }

        Count(FileDescriptor.Close(descriptor.Fd));
        _table.Remove(handle);
        Counters.Descriptors--;
    }

    internal override int Harvest()
    {
        if (_pending == 0 && _isToAsk)
        {
            Take(TimeSpan.Zero);
        }

        _isToAsk = false;
        return Dispatch();
    }

    internal override void Submit()
    {
        _isToAsk = true;
        if (_refused.Count > 0)
        {
            TellRefused();
        }
    }

    internal override void Wait(TimeSpan? timeout)
    {
        if (_pending == 0)
        {
            Take(timeout);
            DropUnwanted();
        }

        Dispatch();
    }

    public override void Dispose()
    {
        _set.Dispose();
        _table.Dispose();
        NativeMemory.Free(_events);
    }

    private void Take(TimeSpan? timeout)
    {
        SysResult result = Count(_set.Wait(_events, Capacity, timeout));
        if (!result.IsError)
        {
            _pending = result.Value;
            Counters.Harvests += _pending > 0 ? 1 : 0;
        }
        else if (result.Errno != LibC.EINTR)
        {
            throw new IOException($"waiting on the epoll set failed: {Errno.Describe(result.Errno)}");
        }
    }

    /// <summary>Hands over what was taken, and says how much of it somebody waited for.</summary>
    private int Dispatch()
    {
        int told = 0;
        for (int i = 0; i < _pending; i++)
        {
            ulong identity = _events[i].data.u64;
            if (!_table.IsCurrent(identity))
            {
                Counters.StaleCompletions++;
                continue;
            }

            int handle = PollTable.HandleOf(PollTable.SlotOf(identity));
            int ready = PollTable.Told(_events[i].events, _table.Descriptor(handle).Watched);
            told += Tell(PollTable.SlotOf(handle, PollDirection.Read), ready) + Tell(PollTable.SlotOf(handle, PollDirection.Write), ready);
        }

        _pending = 0;
        return told;
    }

    private int Tell(int index, int ready)
    {
        ref PollSlot slot = ref _table.Slot(index);
        if ((ready & _table.Events(index)) == 0 || slot.Waiter is not { } waiter)
        {
            return 0;
        }

        slot.Waiter = null;
        Counters.PollsCompleted++;
        waiter.OnReady(ready);
        return 1;
    }

    /// <summary>Of what was taken, only that stays for which somebody waits; the rest is no longer watched for.</summary>
    private void DropUnwanted()
    {
        int wanted = 0;
        for (int i = 0; i < _pending; i++)
        {
            ulong identity = _events[i].data.u64;
            if (!_table.IsCurrent(identity))
            {
                continue;
            }

            int handle = PollTable.HandleOf(PollTable.SlotOf(identity));
            int waitedFor = WaitedFor(handle);
            int ready = PollTable.Told(_events[i].events, _table.Descriptor(handle).Watched);
            if ((ready & ~waitedFor) != 0)
            {
                Count(Watch(handle, waitedFor));
            }

            if ((ready & waitedFor) != 0)
            {
                _events[wanted++] = _events[i];
            }
        }

        _pending = wanted;
    }

    private int WaitedFor(int handle)
    {
        int read = PollTable.SlotOf(handle, PollDirection.Read);
        int write = PollTable.SlotOf(handle, PollDirection.Write);
        return (_table.Slot(read).Waiter is null ? 0 : _table.Events(read)) | (_table.Slot(write).Waiter is null ? 0 : _table.Events(write));
    }

    /// <summary>Has the set watch the descriptor for this and nothing else. What is watched for nothing leaves the set, because errors would be told all the same.</summary>
    private SysResult Watch(int handle, int events)
    {
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        ulong identity = PollTable.Identity(PollTable.SlotOf(handle, PollDirection.Read), descriptor.Generation);
        SysResult result = Count((descriptor.Watched, events) switch
        {
            (0, 0) => default,
            (0, _) => _set.Add(descriptor.Fd, events, identity),
            (_, 0) => _set.Remove(descriptor.Fd),
            _ => _set.Modify(descriptor.Fd, events, identity),
        });
        if (!result.IsError)
        {
            descriptor.Watched = events;
        }

        return result;
    }

    private void TellRefused()
    {
        // A copy, because a waiter may arm again at once.
        (ulong Identity, int Errno)[] refused = [.. _refused];
        _refused.Clear();
        foreach ((ulong identity, int errno) in refused)
        {
            if (!_table.IsCurrent(identity))
            {
                continue;
            }

            ref PollSlot slot = ref _table.Slot(PollTable.SlotOf(identity));
            if (slot.Waiter is not { } waiter)
            {
                continue;
            }

            slot.Waiter = null;
            if (errno == LibC.EPERM)
            {
                // A regular file, a directory: always ready.
                Counters.PollsCompleted++;
                waiter.OnReady(LibC.POLLIN | LibC.POLLOUT);
            }
            else
            {
                Counters.PollsSubmitted--;
                Counters.PollsRefused++;
                waiter.OnReady(-errno);
            }
        }
    }

    private SysResult Count(SysResult result)
    {
        Counters.SystemCalls++;
        return result;
    }
}
