using Reactor.Primitives;

namespace Reactor;

/// <content>What <see cref="SemaphoreUnits"/> asks for.</content>
public sealed partial class ShardSemaphore
{
    private SemaphoreUnits AddHolder(long units) => new(this, _holders.Add(units));

    internal long CountHeld(HolderKey key)
    {
        Shard.VerifyAccess();
        return _holders.IsHeld(key) ? _holders.Units(key) : 0;
    }

    internal void ReleaseAll(HolderKey key)
    {
        if (Shard.IsRunning() && _holders.IsHeld(key))
        {
            // Throws before anything has changed, so that units which find no room are still held.
            _ = checked(_available + _holders.Units(key));
            _holders.TryRemove(key, out long units);
            Add(units);
        }
    }

    internal void ReleaseSome(HolderKey key, long units)
    {
        if (Shard.IsRunning())
        {
            VerifyHeld(key, units, "give back");
            _ = checked(_available + units);
            TakeFrom(key, units);
            Add(units);
        }
    }

    internal SemaphoreUnits Split(HolderKey key, long units)
    {
        Shard.VerifyRunning();
        VerifyHeld(key, units, "split off");
        TakeFrom(key, units);
        return AddHolder(units);
    }

    internal SemaphoreUnits Move(HolderKey key)
    {
        Shard.VerifyRunning();
        return _holders.TryRemove(key, out long units) ? AddHolder(units) : default;
    }

    internal void Adopt(HolderKey key, SemaphoreUnits other)
    {
        Shard.VerifyRunning();
        if (other.IsOf(this, out HolderKey otherKey))
        {
            if (!_holders.IsHeld(key))
            {
                throw new InvalidOperationException($"These units of the {this} have been given back or moved, so that they cannot adopt others. Adopt into units that are held.");
            }

            if (otherKey != key && _holders.IsHeld(otherKey))
            {
                _holders.Units(key) = checked(_holders.Units(key) + _holders.Units(otherKey));
                _holders.TryRemove(otherKey, out _);
            }
        }
        else if (other.Count > 0)
        {
            throw new ArgumentException($"Units of the {other.Semaphore} cannot be adopted by units of the {this}: each goes back to its own semaphore.", nameof(other));
        }
    }

    private void VerifyHeld(HolderKey key, long units, string attempt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        long held = CountHeld(key);
        if (units > held)
        {
            throw new ArgumentOutOfRangeException(nameof(units), units, $"Of the {this} {held} units are held here, too few to {attempt} as many as that.");
        }
    }

    private void TakeFrom(HolderKey key, long units)
    {
        if (_holders.IsHeld(key))
        {
            _holders.Units(key) -= units;
        }
    }
}
