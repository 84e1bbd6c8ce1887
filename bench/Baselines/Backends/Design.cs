namespace Reactor.Bench.Backends;

/// <summary>How the shard learns what is ready, and when its time slice is over.</summary>
internal enum Design
{
    /// <summary>One of the framework's own backends.</summary>
    Framework,

    /// <summary>The old design: a SCHED_FIFO thread waits in epoll, hands events to the shard, and ends its slices by a timer.</summary>
    Listener,

    /// <summary>Seastar's former arrangement: epoll in the shard's own thread, and a SCHED_FIFO thread that waits for the slices' timer.</summary>
    QuotaThread,
}
