using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Holds a <see cref="ShardReaderWriterLock"/> until it is disposed. Copies are one and the same hold: the first that is
/// disposed ends it, and disposing the others, or one of them again, does nothing.
/// </summary>
/// <remarks>A default value holds nothing and may be disposed too.</remarks>
public readonly struct ReaderWriterLockHolder : IDisposable
{
    private readonly ShardReaderWriterLock? _lock;
    private readonly HolderKey _key;

    internal ReaderWriterLockHolder(ShardReaderWriterLock owner, HolderKey key, bool isForWriting)
    {
        _lock = owner;
        _key = key;
        IsForWriting = isForWriting;
    }

    /// <summary>Whether the lock was entered for writing.</summary>
    public bool IsForWriting { get; }

    /// <summary>Whether the lock is still held through this.</summary>
    /// <exception cref="InvalidOperationException">Not on the lock's shard.</exception>
    public bool IsHeld => _lock is not null && _lock.IsHeld(_key);

    /// <summary>Leaves the lock; nothing happens if that has been done, or if the shard has stopped.</summary>
    /// <exception cref="InvalidOperationException">Not on the lock's shard.</exception>
    public void Dispose() => _lock?.Release(_key);
}
