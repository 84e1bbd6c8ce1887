using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Counts units of something that there is only so much of (memory, requests at a time) and lets those wait who want more
/// than is left. First come, first served: while somebody waits, nobody who comes later gets ahead, even for fewer units.
/// </summary>
/// <remarks>
/// <para>
/// Belongs to the shard on which it was made and is used there only. Taking and giving back allocate nothing, and neither
/// do waits, which resume in their turn: never inside the call that gave them their units.
/// </para>
/// <para>
/// The semaphore keeps no account of who took what, except for what is held by <see cref="SemaphoreUnits"/>.
/// <see cref="Signal"/> adds units whether or not they were ever taken, so that there may come to be more than at the
/// start; <see cref="Consume"/> takes units that there may not be, and <see cref="Available"/> is negative until as many
/// have come back.
/// </para>
/// </remarks>
public sealed partial class ShardSemaphore
{
    private long _available;
    private HolderTable _holders = new();
    private Breakage<SemaphoreUnits>? _breakage;

    /// <summary>Makes a semaphore that belongs to the calling shard.</summary>
    /// <param name="units">How many units there are to begin with; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ShardSemaphore(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        _available = units;
    }

    /// <summary>The shard that the semaphore belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; } = Shard.OfCaller("make a semaphore");

    /// <summary>How many units are left; negative after <see cref="Consume"/> of more than there were.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public long Available
    {
        get
        {
            Shard.VerifyAccess();
            return _available;
        }
    }

    /// <summary>How many wait.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int Waiters
    {
        get
        {
            Shard.VerifyAccess();
            return _line.Count;
        }
    }

    /// <summary>Whether <see cref="Break"/> has been called.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public bool IsBroken
    {
        get
        {
            Shard.VerifyAccess();
            return _breakage is not null;
        }
    }

    /// <summary>Takes units if they are there and nobody waits.</summary>
    /// <param name="units">How many; zero or more. <see cref="Signal"/> gives them back.</param>
    /// <returns>False when there are fewer, when somebody waits, or when the semaphore is broken.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryWait(long units = 1)
    {
        Shard.VerifyRunning();
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        return _breakage is null && TryTake(units);
    }

    /// <summary>Takes units if they are there and nobody waits, for a holder that gives them back.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <param name="holder">Gives the units back when it is disposed; holds nothing when there were none to be had.</param>
    /// <returns>As <see cref="TryWait"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryEnter(long units, out SemaphoreUnits holder)
    {
        bool taken = TryWait(units);
        holder = taken ? AddHolder(units) : default;
        return taken;
    }

    /// <summary>Adds units, given back or new, and lets in those whose turn has come. They resume later, in their turn.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="OverflowException">There would be more than <see cref="long.MaxValue"/>; none are added.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Signal(long units = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        if (Shard.IsRunning())
        {
            Add(units);
        }
    }

    /// <summary>Takes units at once, whether or not there are as many and ahead of all who wait: for what has been used already.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="OverflowException">There would be fewer than <see cref="long.MinValue"/>; none are taken.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public void Consume(long units)
    {
        Shard.VerifyRunning();
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        _available = checked(_available - units);
    }

    /// <summary>Lets everybody who waits, and everybody who comes later, fail. For good; the first reason stays.</summary>
    /// <param name="reason">What their waits throw.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <remarks>Units that are held may be given back as before.</remarks>
    public void Break(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Shard.IsRunning() && _breakage is null)
        {
            _breakage = new Breakage<SemaphoreUnits>(reason);
            _line.FailAll(_breakage.Reason);
        }
    }

    /// <summary>What messages show.</summary>
    public override string ToString() =>
        $"{(_breakage is null ? "" : "broken ")}semaphore of {Shard} ({_available} available, {_line.Count} waiting)";

    private bool TryTake(long units)
    {
        if (_line.First is not null || units > _available)
        {
            return false;
        }

        _available -= units;
        return true;
    }

    private void Add(long units)
    {
        _available = checked(_available + units);
        LetIn();
    }
}
