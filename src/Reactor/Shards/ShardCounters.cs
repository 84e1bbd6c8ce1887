namespace Reactor.Shards;

/// <summary>What a shard counts, beside its backend. Plain fields, written by the shard alone.</summary>
internal sealed class ShardCounters
{
    internal long Turns;
    internal long Sleeps;
    internal long WakeUps;
    internal long ItemsRun;
    internal long UnhandledExceptions;

    /// <summary>Requests and answers that have come from other shards.</summary>
    internal long MessagesReceived;

    internal long TimersFired;

    /// <summary>System calls made on the shard outside the backend: receive, send, accept and their like.</summary>
    internal long IoCalls;
}
