using Reactor.Scheduling;

namespace Reactor;

/// <summary>
/// A kind of work, and its share of the CPU beside the others: requests, background jobs, maintenance. A group exists on
/// every shard of the process. What a group's code awaits continues in the group, on whatever shard it runs.
/// </summary>
/// <remarks>
/// When several groups have work on a shard, each gets CPU time in proportion to its shares; a group that has none costs
/// the others nothing. Code that runs long has to yield (<see cref="Shard.YieldIfNeeded"/>) for the shares to hold.
/// </remarks>
public sealed partial class SchedulingGroup
{
    /// <summary>The most <see cref="Shares"/> that a group can have.</summary>
    public const int MaxShares = 1_000;

    private static readonly Lock s_lock = new();
    private static readonly List<SchedulingGroup?> s_groups = [];

    // On every shard that the group has run on. Under the lock.
    private readonly List<GroupQueue> _queues = [];
    private int _shares;
    private volatile bool _isDestroyed;

    private SchedulingGroup(string name, int shares, int id)
    {
        Name = name;
        _shares = shares;
        Id = id;
    }

    /// <summary>The group of code that is in no other: 100 shares to begin with.</summary>
    public static SchedulingGroup Default { get; } = Create("default", 100);

    /// <summary>The name, as metrics and reports show it.</summary>
    public string Name { get; }

    /// <summary>
    /// The weight against other groups, from 1 to <see cref="MaxShares"/>: with 200 it gets twice the CPU time of one with
    /// 100, while both have work. May be changed at any time, from any thread.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than <see cref="MaxShares"/>.</exception>
    public int Shares
    {
        get => Volatile.Read(ref _shares);
        set => Volatile.Write(ref _shares, Checked(value));
    }

    /// <summary>Whether <see cref="Destroy"/> has been called. What still continues in the group then does so in <see cref="Default"/>.</summary>
    public bool IsDestroyed => _isDestroyed;

    /// <summary>The place in each shard's table of queues.</summary>
    internal int Id { get; }

    /// <summary>Makes a group. From any thread.</summary>
    /// <param name="name">Two groups may have the same name; metrics do not tell them apart then.</param>
    /// <param name="shares">See <see cref="Shares"/>.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Shares of less than 1 or more than <see cref="MaxShares"/>.</exception>
    public static SchedulingGroup Create(string name, int shares)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Checked(shares);
        lock (s_lock)
        {
            int id = s_groups.IndexOf(null);
            if (id < 0)
            {
                id = s_groups.Count;
                s_groups.Add(null);
            }

            return s_groups[id] = new SchedulingGroup(name, shares, id);
        }
    }

    /// <summary>
    /// Gives the group up. From any thread, when no work of it is queued; operations of it that are still pending continue
    /// in <see cref="Default"/>. A second call does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is the default group, or work of it is queued on a shard.</exception>
    public void Destroy()
    {
        if (this == Default)
        {
            throw new InvalidOperationException("The default scheduling group cannot be destroyed: it takes over the work of those that are.");
        }

        lock (s_lock)
        {
            if (_isDestroyed)
            {
                return;
            }

            if (_queues.Sum(queue => queue.Count) is > 0 and var queued)
            {
                throw new InvalidOperationException($"{this} cannot be destroyed: {queued} continuations of it are queued. Await what runs in it first.");
            }

            _isDestroyed = true;
            s_groups[Id] = null;
        }
    }

    /// <summary>The name and the shares.</summary>
    public override string ToString() => $"scheduling group '{Name}' ({Shares} shares)";

    /// <summary>A shard has made its queue for the group.</summary>
    internal void Adopt(GroupQueue queue)
    {
        lock (s_lock)
        {
            _queues.Add(queue);
        }
    }

    /// <summary>A shard that has the queue has stopped.</summary>
    internal void Disown(GroupQueue queue)
    {
        lock (s_lock)
        {
            _queues.Remove(queue);
        }
    }

    private static int Checked(int shares)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shares, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shares, MaxShares);
        return shares;
    }
}
