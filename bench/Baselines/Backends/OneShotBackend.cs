using Reactor.Kernel;
using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Bench.Backends;

/// <summary>
/// Interests in an epoll set that are gone once they have been told: each wait is an epoll_ctl. What both old designs have in
/// common; they differ in who waits for the set.
/// </summary>
/// <remarks>For sockets and eventfds, which is all that the servers here wait for.</remarks>
internal abstract unsafe class OneShotBackend : PollBackend
{
    private readonly PollTable _table = new();

    internal override BackendKind Kind => BackendKind.Epoll;

    protected EpollSet Set { get; } = new();

    internal override int RegisterFor(int fd, int readEvents)
    {
        Counters.Descriptors++;
        return _table.Add(fd, 0, readEvents);
    }

    internal override int RegisterWakeUp(int fd) => Register(fd);

    internal override void Arm(int handle, PollDirection direction, PollWaiter waiter)
    {
        ref PollSlot slot = ref _table.Slot(PollTable.SlotOf(handle, direction));
        if (slot.Waiter is null)
        {
            Counters.PollsSubmitted++;
        }

        slot.Waiter = waiter;
        WatchWhatIsWaitedFor(handle);
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
        if (descriptor.IsInSet)
        {
            Count(Set.Remove(descriptor.Fd));
        }

        if (mode == CloseMode.Reset)
        {
            Count(Sockets.Disconnect(descriptor.Fd));
        }

        Count(FileDescriptor.Close(descriptor.Fd));
        _table.Remove(handle);
        Counters.Descriptors--;
    }

    internal override void Submit()
    {
        // Each interest has gone to the kernel when it was armed.
    }

    public override void Dispose()
    {
        Set.Dispose();
        _table.Dispose();
    }

    /// <summary>Hands an event to who waits for it, and says how many did.</summary>
    protected int Dispatch(ulong identity, int events)
    {
        if (!_table.IsCurrent(identity))
        {
            Counters.StaleCompletions++;
            return 0;
        }

        int handle = PollTable.HandleOf(PollTable.SlotOf(identity));
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        int ready = PollTable.Told(events, descriptor.Watched);

        // The set has let go of it. Who is told may come back at once.
        descriptor.Watched = 0;
        int told = Tell(handle, PollDirection.Read, ready) + Tell(handle, PollDirection.Write, ready);
        WatchWhatIsWaitedFor(handle);
        return told;
    }

    protected SysResult Count(SysResult result)
    {
        Counters.SystemCalls++;
        return result;
    }

    private int Tell(int handle, PollDirection direction, int ready)
    {
        int index = PollTable.SlotOf(handle, direction);
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

    private void WatchWhatIsWaitedFor(int handle)
    {
        ref PolledDescriptor descriptor = ref _table.Descriptor(handle);
        int events = WaitedFor(handle, PollDirection.Read) | WaitedFor(handle, PollDirection.Write);
        if ((descriptor.Watched & events) == events)
        {
            return;
        }

        ulong identity = PollTable.Identity(PollTable.SlotOf(handle, PollDirection.Read), descriptor.Generation);
        int oneShot = events | (int)LibC.EPOLLONESHOT;
        Count(descriptor.IsInSet ? Set.Modify(descriptor.Fd, oneShot, identity) : Set.Add(descriptor.Fd, oneShot, identity)).OrThrow("epoll_ctl");
        descriptor.IsInSet = true;
        descriptor.Watched = events;
    }

    private int WaitedFor(int handle, PollDirection direction)
    {
        int index = PollTable.SlotOf(handle, direction);
        return _table.Slot(index).Waiter is null ? 0 : _table.Events(index);
    }
}
