namespace Reactor.Primitives;

/// <summary>
/// An entry into a lock as the flow that made it, and the flows which that starts, see it: what such a lock knows its
/// own holders by. A list from the innermost entry outward.
/// </summary>
/// <remarks>
/// Leaving writes nothing here: an entry that is no longer held, or was given up, is dropped at the next one, wherever in
/// the list it stands. On another shard than its own it cannot be asked, and stays.
/// </remarks>
internal sealed class LockFlow
{
    private static readonly AsyncLocal<Entries?> s_current = new();

    private readonly ShardReaderWriterLock _lock;
    private readonly bool _forWriting;
    private HolderKey _key;
    private bool _hasEntered;
    private bool _isGivenUp;

    private LockFlow(ShardReaderWriterLock entered, bool forWriting)
    {
        _lock = entered;
        _forWriting = forWriting;
    }

    /// <summary>Entries that the calling flow still has.</summary>
    internal static int Count
    {
        get
        {
            int count = 0;
            for (Entries? entries = s_current.Value; entries is not null; entries = entries.Outer)
            {
                count++;
            }

            return count;
        }
    }

    private bool IsHeld => _hasEntered && _lock.Shard.IsOnShard && _lock.IsHeld(_key);

    /// <summary>It has left, or will not enter: certainly.</summary>
    private bool IsOver => _isGivenUp || (_hasEntered && _lock.Shard.IsOnShard && !_lock.IsHeld(_key));

    /// <summary>Notes that the calling flow is about to enter.</summary>
    /// <exception cref="LockRecursionException">It holds the lock.</exception>
    internal static LockFlow Enter(ShardReaderWriterLock entered, bool forWriting)
    {
        for (Entries? entries = s_current.Value; entries is not null; entries = entries.Outer)
        {
            if (entries.Innermost._lock == entered && entries.Innermost.IsHeld)
            {
                throw new LockRecursionException(entries.Innermost.Refuse(forWriting));
            }
        }

        var entry = new LockFlow(entered, forWriting);
        s_current.Value = new Entries(entry, WithoutThoseOver(s_current.Value));
        return entry;
    }

    internal void OnEntered(HolderKey key)
    {
        _key = key;
        _hasEntered = true;
    }

    internal void OnGivenUp() => _isGivenUp = true;

    /// <remarks>A new list, because flows that began earlier share parts of this one. It is as deep as locks are nested.</remarks>
    private static Entries? WithoutThoseOver(Entries? entries)
    {
        if (entries is null)
        {
            return null;
        }

        Entries? outer = WithoutThoseOver(entries.Outer);
        if (entries.Innermost.IsOver)
        {
            return outer;
        }

        return outer == entries.Outer ? entries : new Entries(entries.Innermost, outer);
    }

    private string Refuse(bool forWriting) =>
        (_forWriting, forWriting) switch
        {
            (false, true) => $"This flow holds the {_lock} for reading and cannot be upgraded to writing: it would wait for itself. Leave first, enter for writing, and look again at what was read.",
            _ => $"This flow holds the {_lock} for {(_forWriting ? "writing" : "reading")} already, and the lock is not recursive: it would wait for itself, at once or as soon as a writer stands in between. Enter once, outermost.",
        };

    private sealed class Entries(LockFlow innermost, Entries? outer)
    {
        internal LockFlow Innermost { get; } = innermost;

        internal Entries? Outer { get; } = outer;
    }
}
