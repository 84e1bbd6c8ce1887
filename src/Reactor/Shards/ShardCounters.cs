namespace Reactor.Shards;

/// <summary>What a shard counts, beside its backend. Plain fields, written by the shard alone.</summary>
internal sealed class ShardCounters
{
    internal long Turns;
    internal long Sleeps;
    internal long WakeUps;
    internal long UnhandledExceptions;

    /// <summary>Turns that were longer than the threshold; counted by the watcher alone.</summary>
    internal long Stalls;

    /// <summary>Requests and answers that have come from other shards.</summary>
    internal long MessagesReceived;

    internal long TimersFired;

    /// <summary>Times that work was left for the next turn because the time slice was over.</summary>
    internal long Preemptions;

    /// <summary>System calls made on the shard outside the backend: receive, send, accept and their like.</summary>
    internal long IoCalls;
}
