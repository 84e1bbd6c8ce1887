namespace Reactor.Diagnostics;

/// <summary>What a shard is doing, as another thread sees it at one moment. Times are Stopwatch ticks.</summary>
internal readonly record struct ShardActivity
{
    /// <summary>The number of the turn under way.</summary>
    internal required long Turn { get; init; }

    /// <summary>It has nothing to do: it spins, sleeps, or has stopped.</summary>
    internal required bool IsIdle { get; init; }

    /// <summary>When this turn began to run work; of use while <see cref="Running"/> is not null.</summary>
    internal long RunningSince { get; init; }

    /// <summary>The continuation that runs: a state machine's box or a delegate, or else a work item of the framework's.</summary>
    internal object? Running { get; init; }

    /// <summary>Who blocks the thread, if it is blocked and has been for a while.</summary>
    internal string? Blocker { get; init; }

    internal SchedulingGroup Group { get; init; }

    /// <summary>The last turn that ran work for longer than the threshold, and for how long.</summary>
    internal long LastStalledTurn { get; init; }

    internal long LastStallTicks { get; init; }
}
