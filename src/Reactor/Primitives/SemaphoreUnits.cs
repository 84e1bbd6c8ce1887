using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Units of a <see cref="ShardSemaphore"/>, given back when this is disposed. Copies are one and the same hold: what is
/// done to one is done to all, and no unit is given back twice.
/// </summary>
/// <remarks>A default value holds nothing and may be disposed too.</remarks>
public readonly struct SemaphoreUnits : IDisposable
{
    private readonly HolderKey _key;

    internal SemaphoreUnits(ShardSemaphore semaphore, HolderKey key)
    {
        Semaphore = semaphore;
        _key = key;
    }

    /// <summary>Where the units come from; null for a default value.</summary>
    public ShardSemaphore? Semaphore { get; }

    /// <summary>How many units are held; 0 when they have been given back or moved.</summary>
    /// <exception cref="InvalidOperationException">Not on the semaphore's shard.</exception>
    public long Count => Semaphore?.CountHeld(_key) ?? 0;

    /// <summary>Gives some of the units back early.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or more than are held.</exception>
    /// <exception cref="InvalidOperationException">Not on the semaphore's shard.</exception>
    /// <exception cref="OverflowException">There would be more than <see cref="long.MaxValue"/>; nothing is changed.</exception>
    public void Release(long units)
    {
        if (Semaphore is null)
        {
            VerifyNone(units);
            return;
        }

        Semaphore.ReleaseSome(_key, units);
    }

    /// <summary>Divides the units: so many go to a new holder, the rest stays here.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <returns>The new holder, to be disposed on its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or more than are held.</exception>
    /// <exception cref="InvalidOperationException">Not on the semaphore's shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public SemaphoreUnits Split(long units)
    {
        if (Semaphore is null)
        {
            VerifyNone(units);
            return default;
        }

        return Semaphore.Split(_key, units);
    }

    /// <summary>
    /// Hands the units on: this and its copies hold nothing any more, so that the end of a <c>using</c> here does not give
    /// back what is used elsewhere.
    /// </summary>
    /// <returns>Holds the units now; nothing, if this held nothing.</returns>
    /// <exception cref="InvalidOperationException">Not on the semaphore's shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public SemaphoreUnits Move() => Semaphore?.Move(_key) ?? default;

    /// <summary>Takes over all units of another holder of the same semaphore, which holds nothing any more.</summary>
    /// <param name="other">May hold nothing; then nothing happens.</param>
    /// <exception cref="ArgumentException">The units are of another semaphore.</exception>
    /// <exception cref="InvalidOperationException">This holds nothing that could be added to; or not on the semaphore's shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    /// <exception cref="OverflowException">There would be more than <see cref="long.MaxValue"/>; nothing is changed.</exception>
    public void Adopt(SemaphoreUnits other)
    {
        if (Semaphore is null)
        {
            throw new InvalidOperationException("A default value holds no units and cannot adopt any. Get units from EnterAsync or TryEnter.");
        }

        Semaphore.Adopt(_key, other);
    }

    /// <summary>Gives the units back; nothing happens if that has been done, or if the shard has stopped.</summary>
    /// <exception cref="InvalidOperationException">Not on the semaphore's shard.</exception>
    /// <exception cref="OverflowException">There would be more than <see cref="long.MaxValue"/>; nothing is changed.</exception>
    public void Dispose() => Semaphore?.ReleaseAll(_key);

    internal bool IsOf(ShardSemaphore semaphore, out HolderKey key)
    {
        key = _key;
        return Semaphore == semaphore;
    }

    private static void VerifyNone(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, 0);
    }
}
