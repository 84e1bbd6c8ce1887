using System.Runtime.CompilerServices;

namespace Reactor.Scheduling;

/// <summary>What one scheduling group has ready to run on one shard, and how much of that shard's time it has had.</summary>
internal sealed class GroupQueue
{
    private const int InitialCapacity = 64;

    private readonly GroupScheduler _scheduler;
    private readonly RunQueue _items = new(InitialCapacity);

    internal GroupQueue(GroupScheduler scheduler, SchedulingGroup group)
    {
        _scheduler = scheduler;
        Group = group;
    }

    internal SchedulingGroup Group { get; }

    /// <summary>How much is ready. Read from any thread.</summary>
    internal int Count => _items.Count;

    /// <summary>The synchronization context that is installed while the group runs, which brings foreign awaits back to it; null for none.</summary>
    internal SynchronizationContext? Context { get; init; }

    /// <summary>The time that the group has had, in ticks weighted by its shares. Wraps around; only differences count.</summary>
    internal long VirtualTime { get; set; }

    /// <summary>Stands in the scheduler's list, because something is ready.</summary>
    internal bool IsActive { get; set; }

    /// <summary>The scheduler's time when it became active, to tell how long it waited.</summary>
    internal long ActiveSince { get; set; }

    // Counters, written by the shard alone.
    internal long ItemsRun;
    internal long RunTicks;
    internal long WaitTicks;

    /// <summary>What the queues of destroyed groups have run whose place it took: so that the sum over all places never steps back.</summary>
    internal long ItemsRunByPredecessors { private get; init; }

    internal long ItemsRunWithPredecessors => ItemsRunByPredecessors + ItemsRun;

    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enqueue(Action<object?> callback, object? state)
    {
        if (!IsActive && !_scheduler.TryActivate(this))
        {
            _scheduler.Default.Enqueue(callback, state);
            return;
        }

        _items.Enqueue(callback, state);
    }

    /// <summary>Takes the oldest; there must be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal WorkItem Dequeue() => _items.Dequeue();
}
