namespace Reactor;

/// <summary>
/// Something that belongs to the shard that made it: a connection, a listener. It is used on that shard only; a call from
/// anywhere else throws <see cref="InvalidOperationException"/> and names both. What the shard still holds when it stops
/// is aborted.
/// </summary>
public abstract class ShardObject
{
    // The shard's list of what it holds, so that nothing outlives it.
    internal ShardObject? Previous;
    internal ShardObject? Next;

    internal ShardObject(Shard shard)
    {
        Shard = shard;
        shard.Adopt(this);
    }

    /// <summary>The shard that the object belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; }

    /// <summary>Ends everything that the object still does; called on its shard when that stops.</summary>
    internal abstract void AbortAtStop();
}
