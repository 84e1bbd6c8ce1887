namespace Reactor.Bench.Backends;

/// <summary>Events on their way from the one thread that waits to the one that serves.</summary>
/// <remarks>
/// The writer publishes an entry by a release of the tail, the reader frees it by a release of the head; each side keeps its
/// own position and reads the other's with acquire.
/// </remarks>
internal sealed class EventRing
{
    /// <summary>More than a process may have descriptors here: an interest is told once, so that there is always room.</summary>
    private const int Capacity = 1 << 16;

    private static readonly TimeSpan s_pauseWhenFull = TimeSpan.FromMilliseconds(1);

    private readonly (ulong Identity, int Events)[] _entries = new (ulong Identity, int Events)[Capacity];

    // Far enough apart for no cache line to hold both.
    private readonly uint[] _positions = new uint[64];

    internal bool IsEmpty => Volatile.Read(ref Tail) == Volatile.Read(ref Head);

    private ref uint Head => ref _positions[15];

    private ref uint Tail => ref _positions[47];

    /// <summary>On the waiting thread.</summary>
    internal void Add(ulong identity, int events)
    {
        uint tail = Tail;
        while (tail - Volatile.Read(ref Head) == Capacity)
        {
            // To spin would keep the reader from the CPU for ever.
            Thread.Sleep(s_pauseWhenFull);
        }

        _entries[tail % Capacity] = (identity, events);
        Volatile.Write(ref Tail, tail + 1);
    }

    /// <summary>On the shard's thread.</summary>
    internal bool TryTake(out ulong identity, out int events)
    {
        uint head = Head;
        if (head == Volatile.Read(ref Tail))
        {
            (identity, events) = (0, 0);
            return false;
        }

        (identity, events) = _entries[head % Capacity];
        Volatile.Write(ref Head, head + 1);
        return true;
    }
}
