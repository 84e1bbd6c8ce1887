namespace Reactor.Primitives;

/// <summary>
/// An entry into a lock as the flow that made it, and the flows which that starts, see it: what such a lock knows its
/// own holders by. A list from the innermost entry outward.
/// </summary>
/// <remarks>
/// Leaving writes nothing here: an entry that is no longer held, or never was, is passed over and dropped at the next one.
/// </remarks>
internal sealed class LockFlow
{
    private static readonly AsyncLocal<LockFlow?> s_current = new();

    private readonly ShardReaderWriterLock _lock;
    private readonly bool _forWriting;
    private readonly LockFlow? _outer;
    private HolderKey _key;
    private bool _hasEntered;

    private LockFlow(ShardReaderWriterLock entered, bool forWriting, LockFlow? outer)
    {
        _lock = entered;
        _forWriting = forWriting;
        _outer = outer;
    }

    // On another shard, or on a thread of none, the lock cannot be asked; this flow may be there for good.
    private bool IsHeld => _hasEntered && _lock.Shard.IsOnShard && _lock.IsHeld(_key);

    /// <summary>Notes that the calling flow is about to enter.</summary>
    /// <exception cref="LockRecursionException">It holds the lock.</exception>
    internal static LockFlow Enter(ShardReaderWriterLock entered, bool forWriting)
    {
        LockFlow? outer = s_current.Value;
        for (LockFlow? held = outer; held is not null; held = held._outer)
        {
            if (held._lock == entered && held.IsHeld)
            {
                throw new LockRecursionException(held.Refuse(forWriting));
            }
        }

        while (outer is not null && !outer.IsHeld)
        {
            outer = outer._outer;
        }

        var entry = new LockFlow(entered, forWriting, outer);
        s_current.Value = entry;
        return entry;
    }

    internal void OnEntered(HolderKey key)
    {
        _key = key;
        _hasEntered = true;
    }

    private string Refuse(bool forWriting) =>
        (_forWriting, forWriting) switch
        {
            (false, true) => $"This flow holds the {_lock} for reading and cannot be upgraded to writing: it would wait for itself. Leave first, enter for writing, and look again at what was read.",
            _ => $"This flow holds the {_lock} for {(_forWriting ? "writing" : "reading")} already, and the lock is not recursive: it would wait for itself, at once or as soon as a writer stands in between. Enter once, outermost.",
        };
}
