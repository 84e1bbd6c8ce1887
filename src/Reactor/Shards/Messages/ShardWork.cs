namespace Reactor.Shards;

/// <summary>
/// A piece of work for a shard that another thread may send it: through the <see cref="Inbox"/> or, from a shard of the
/// same host, through a <see cref="ShardLane"/>.
/// </summary>
internal abstract class ShardWork
{
    private static readonly Action<object?> s_run = static work => ((ShardWork)work!).Run();

    /// <summary>The next in whatever list holds this now: an inbox, a pool, the shard's pending waits. Never in two at a time.</summary>
    internal ShardWork? Next;

    /// <summary>The one before, in lists that are left from the middle.</summary>
    internal ShardWork? Previous;

    /// <summary>The scheduling group that it runs in; null for the default group.</summary>
    internal SchedulingGroup? Group;

    /// <summary>What the run queue calls.</summary>
    internal static Action<object?> RunCallback => s_run;

    /// <summary>The code of the user's in it, for whoever asks what the shard does: on any thread, and possibly too late. The work itself if it has none.</summary>
    internal virtual object? Code => this;

    /// <summary>Runs on the shard; on the thread pool when the shard has stopped and the work may run anywhere.</summary>
    internal abstract void Run();
}
