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

    /// <summary>Requests and answers that have been sent to other shards, those that wait for room included.</summary>
    internal long MessagesSent;

    internal long TimersFired;

    /// <summary>Times that work was left for the next turn because the time slice was over.</summary>
    internal long Preemptions;

    /// <summary>Times that code gave the shard away by a yield.</summary>
    internal long Yields;

    /// <summary>System calls made on the shard outside the backend: receive, send, accept and their like.</summary>
    internal long IoCalls;

    // Of the connections that the shard holds. Net counts, on the shard.

    /// <summary>Connections that were accepted or connected.</summary>
    internal long ConnectionsOpened;

    /// <summary>Those of them that have been closed.</summary>
    internal long ConnectionsClosed;

    /// <summary>Times that accepting failed, beside failures that only cost the connection that was to be accepted.</summary>
    internal long AcceptErrors;

    internal long BytesReceived;
    internal long BytesSent;

    /// <summary>Connections open now. Read from any thread; never negative, because what is subtracted is read first.</summary>
    internal long Connections
    {
        get
        {
            long closed = Volatile.Read(ref ConnectionsClosed);
            return Volatile.Read(ref ConnectionsOpened) - closed;
        }
    }
}
