namespace Reactor.Scheduling;

/// <summary>
/// Chooses which scheduling group of a shard runs next: of those that have something ready, the one that has had the least
/// time for its shares.
/// </summary>
/// <remarks>
/// Every group has a virtual time, which advances while it runs, the slower the more shares it has; so equal virtual times
/// are times in proportion to the shares. A group that becomes active again starts from the present: what it did not use
/// while it had nothing to do is gone, except for one slice, which lets a group that seldom has work run soon.
/// </remarks>
internal sealed class GroupScheduler
{
    /// <summary>Virtual ticks are real ones times this, divided by the shares, so that large shares do not round to nothing.</summary>
    private const long Scale = SchedulingGroup.MaxShares;

    private readonly long _advantage;

    // Those with something ready, in no order: there are few, and choosing looks at all.
    private GroupQueue[] _active = new GroupQueue[4];
    private int _count;

    // By the id of the group.
    private GroupQueue?[] _queues = new GroupQueue?[4];

    // Where the virtual times of the active groups are now. It never steps back: one that runs although it is behind, because
    // it has slept, would otherwise take those that wake meanwhile further back, each by one more advantage.
    private long _present;

    /// <param name="advantage">The real time, in Stopwatch ticks, that a group which becomes active may be behind the present.</param>
    internal GroupScheduler(long advantage) => _advantage = advantage;

    /// <summary>Makes what a queue needs beside itself: its synchronization context.</summary>
    internal required Func<SchedulingGroup, SynchronizationContext?> ContextFactory { private get; init; }

    internal bool HasWork => _count > 0;

    /// <summary>The queue of the default group, which never ends.</summary>
    internal GroupQueue Default => _queues[SchedulingGroup.Default.Id]!;

    /// <summary>All queues that have been made, for readers on other threads.</summary>
    internal IEnumerable<GroupQueue> Queues => Volatile.Read(ref _queues).OfType<GroupQueue>();

    /// <summary>Continuations that all groups have run. Read from any thread.</summary>
    internal long ItemsRun
    {
        get
        {
            long sum = 0;
            foreach (GroupQueue? queue in Volatile.Read(ref _queues))
            {
                sum += queue?.ItemsRunWithPredecessors ?? 0;
            }

            return sum;
        }
    }

    /// <summary>Continuations that are ready in all groups. Read from any thread.</summary>
    internal long Length
    {
        get
        {
            long sum = 0;
            foreach (GroupQueue? queue in Volatile.Read(ref _queues))
            {
                sum += queue?.Count ?? 0;
            }

            return sum;
        }
    }

    /// <summary>The shard's time, in Stopwatch ticks, as of the last switch between groups or the end of the last idle time.</summary>
    internal long Now { get; set; }

    /// <summary>The queue of a group; of the default group for one that has been destroyed.</summary>
    internal GroupQueue QueueOf(SchedulingGroup group)
    {
        GroupQueue?[] queues = _queues;
        return group.Id < queues.Length && queues[group.Id] is { } queue && queue.Group == group && !group.IsDestroyed ? queue : Make(group);
    }

    /// <summary>The queue of a group if it has had any work here. Read from any thread.</summary>
    internal GroupQueue? Find(SchedulingGroup group)
    {
        GroupQueue?[] queues = Volatile.Read(ref _queues);
        return group.Id < queues.Length && Volatile.Read(ref queues[group.Id]) is { } queue && queue.Group == group ? queue : null;
    }

    /// <summary>Something becomes ready in a queue that had nothing. False if its group has been destroyed: then it is the default group's.</summary>
    internal bool TryActivate(GroupQueue queue)
    {
        if (queue.Group.IsDestroyed)
        {
            return false;
        }

        long earliest = _present - Weighted(_advantage, queue);
        if (queue.VirtualTime - earliest < 0)
        {
            queue.VirtualTime = earliest;
        }

        queue.IsActive = true;
        queue.ActiveSince = Now;
        if (_count == _active.Length)
        {
            Array.Resize(ref _active, _count * 2);
        }

        _active[_count++] = queue;
        return true;
    }

    /// <summary>
    /// The shard begins, or goes on after it had nothing to do. If anything is ready, it is what ended that, and it has not
    /// waited since before.
    /// </summary>
    internal void Resume(long now)
    {
        Now = now;
        for (int i = 0; i < _count; i++)
        {
            _active[i].ActiveSince = now;
        }
    }

    /// <summary>The queue that runs next; there must be work.</summary>
    internal GroupQueue Next()
    {
        GroupQueue next = _active[0];
        for (int i = 1; i < _count; i++)
        {
            if (_active[i].VirtualTime - next.VirtualTime < 0)
            {
                next = _active[i];
            }
        }

        if (next.VirtualTime - _present > 0)
        {
            _present = next.VirtualTime;
        }

        next.WaitTicks += Now - next.ActiveSince;
        return next;
    }

    /// <summary>Charges what a queue has run since <see cref="Now"/>, and lets it go if it has nothing left.</summary>
    internal void Charge(GroupQueue queue, long now)
    {
        long elapsed = now - Now;
        Now = now;
        queue.RunTicks += elapsed;
        queue.VirtualTime += Weighted(elapsed, queue);
        queue.ActiveSince = now;
        if (queue.Group.IsDestroyed)
        {
            HandOver(queue);
        }

        if (queue.Count == 0)
        {
            Deactivate(queue);
        }
    }

    /// <summary>A group can be destroyed while code of it runs. What that has queued since goes on where all else of the group does.</summary>
    private void HandOver(GroupQueue queue)
    {
        while (queue.Count > 0)
        {
            (Action<object?> callback, object? state) = queue.Dequeue();
            Default.Enqueue(callback, state);
        }
    }

    private static long Weighted(long ticks, GroupQueue queue) => ticks * Scale / queue.Group.Shares;

    private void Deactivate(GroupQueue queue)
    {
        queue.IsActive = false;
        int place = Array.IndexOf(_active, queue, 0, _count);
        _active[place] = _active[--_count];
        _active[_count] = null!;
    }

    private GroupQueue Make(SchedulingGroup group)
    {
        if (group.IsDestroyed)
        {
            return QueueOf(SchedulingGroup.Default);
        }

        if (group.Id >= _queues.Length)
        {
            // Readers on other threads see the old table or the new one.
            var larger = new GroupQueue?[Math.Max(group.Id + 1, _queues.Length * 2)];
            _queues.CopyTo(larger, 0);
            Volatile.Write(ref _queues, larger);
        }

        var queue = new GroupQueue(this, group)
        {
            Context = ContextFactory(group),
            VirtualTime = _present,
            ItemsRunByPredecessors = _queues[group.Id]?.ItemsRunWithPredecessors ?? 0,
        };
        group.Adopt(queue);
        Volatile.Write(ref _queues[group.Id], queue);
        return queue;
    }
}
