using Tmds.Linux;

namespace Reactor.Polling;

/// <summary>
/// The seam between a shard and the kernel's readiness: a table of polled file descriptors, each with one read slot and
/// one write slot, and the calls that one turn of the loop makes. Used by its shard's thread alone.
/// </summary>
internal abstract class PollBackend : IDisposable
{
    internal PollCounters Counters { get; } = new();

    internal abstract BackendKind Kind { get; }

    /// <summary>Called once, when there are more waits than the backend has places of its own for, if that can be.</summary>
    internal Action? OnFirstOverflow { get; set; }

    /// <summary>Takes a descriptor into the table and returns its handle, good until <see cref="Close"/>.</summary>
    internal int Register(int fd) => RegisterFor(fd, LibC.POLLIN);

    /// <summary>The same, with a read slot that waits for these events.</summary>
    internal abstract int RegisterFor(int fd, int readEvents);

    /// <summary>The same for the descriptor by which other threads wake the shard; its poll never waits for a place.</summary>
    internal abstract int RegisterWakeUp(int fd);

    /// <summary>
    /// Hot path. Lets <paramref name="waiter"/> wait until the descriptor is ready; the poll goes out with the turn's next
    /// <see cref="Submit"/>, unless an abandoned one is still armed, which is then taken over.
    /// </summary>
    internal abstract void Arm(int handle, PollDirection direction, PollWaiter waiter);

    /// <summary>
    /// Takes the waiter away, if one is there. The poll stays in the kernel: the next waiter takes it over, or its
    /// completion is dropped and counted as stale.
    /// </summary>
    internal abstract void Abandon(int handle, PollDirection direction);

    /// <summary>
    /// Closes the descriptor as soon as the kernel holds no poll on it, and frees the handle then and not before: a
    /// descriptor closed under an armed poll would send no FIN, and its number would be reused under a live poll.
    /// Waiters are to be taken away first.
    /// </summary>
    internal abstract void Close(int handle, CloseMode mode);

    /// <summary>Whether something has completed, as far as that can be told without a system call; an idle shard spins on it.</summary>
    internal abstract bool HasEvents { get; }

    /// <summary>Hands over what has completed since the last time, without waiting. Returns the number of events.</summary>
    internal abstract int Harvest();

    /// <summary>Sends all polls armed since the last time to the kernel in one call.</summary>
    internal abstract void Submit();

    /// <summary>Blocks until something completes, a signal comes or the time is over; hands over what completed.</summary>
    /// <param name="timeout">Null waits without end.</param>
    internal abstract void Wait(TimeSpan? timeout);

    public abstract void Dispose();
}
