namespace Reactor;

/// <summary>The counters of a <see cref="SchedulingGroup"/> on one shard at one moment.</summary>
public readonly record struct SchedulingGroupStatistics
{
    /// <summary>Continuations and callbacks of the group that the shard has run.</summary>
    public long ItemsRun { get; internal init; }

    /// <summary>The time that they took. A batch that still runs is not in it yet.</summary>
    public TimeSpan RunTime { get; internal init; }

    /// <summary>The time that the group had something ready and others ran. A wait that is not over is not in it yet.</summary>
    public TimeSpan WaitTime { get; internal init; }

    /// <summary>Continuations and callbacks that are ready to run now.</summary>
    public int Queued { get; internal init; }

    /// <summary>Both together: they are counted under one name.</summary>
    internal SchedulingGroupStatistics Plus(in SchedulingGroupStatistics other) => new()
    {
        ItemsRun = ItemsRun + other.ItemsRun,
        RunTime = RunTime + other.RunTime,
        WaitTime = WaitTime + other.WaitTime,
        Queued = Queued + other.Queued,
    };
}
