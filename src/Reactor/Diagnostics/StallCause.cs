namespace Reactor;

/// <summary>Why the loop of a shard did not turn.</summary>
public enum StallCause
{
    /// <summary>Code ran without letting go of the shard, or made a system call that blocks.</summary>
    Code,

    /// <summary>Code blocked its thread until something else happened: a task, a lock, an event, another thread's end.</summary>
    Blocking,

    /// <summary>The garbage collector held all threads.</summary>
    GarbageCollection,

    /// <summary>The thread was ready to run and was not given its CPU, because others ran there.</summary>
    NotScheduled,
}
