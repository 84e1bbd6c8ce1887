namespace Reactor.Net;

/// <summary>Where the application runs that Kestrel calls for what a connection of the reactor transport has received.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the thread pool, as with Kestrel's own sockets. Whatever the application does, and however long it blocks, the
    /// shards go on.
    /// </summary>
    ThreadPool,

    /// <summary>
    /// On the shard of the connection, between receiving and sending, without a change of thread. Fast; but code that blocks
    /// holds up every connection of the shard, and code that blocks for work of its own shard waits for ever. The stall
    /// detector (<see cref="ReactorOptions.StallDetected"/>) tells of such code.
    /// </summary>
    Inline,
}
