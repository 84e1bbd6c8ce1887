using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Lets code wait for a change of state that other code on the shard makes: the waiter says what it waits for, who changes
/// the state says so.
/// </summary>
/// <remarks>
/// <para>
/// Belongs to the shard on which it was made and is used there only. No lock goes with it: between two awaits nothing else
/// runs on the shard. Waits allocate nothing and resume in their turn, never inside <see cref="Signal"/>.
/// </para>
/// <para>
/// A signal that nobody waits for is gone. By the time a waiter resumes, others may have changed the state again: the
/// waits with a predicate look at it in the waiter's own turn, immediately before they resume, and wait on when it does not
/// hold.
/// </para>
/// </remarks>
public sealed partial class ShardCondition
{
    private Breakage<bool>? _breakage;

    /// <summary>Makes a condition that belongs to the calling shard.</summary>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ShardCondition()
    {
    }

    /// <summary>The shard that the condition belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; } = Shard.OfCaller("make a condition");

    /// <summary>How many wait to be signalled.</summary>
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

    /// <summary>Wakes the one that has waited longest; nothing happens when nobody waits.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <remarks>
    /// A waiter whose predicate does not hold has used the signal up, and stands at the end of the line again: where waiters
    /// have different predicates, <see cref="Broadcast"/>. One that is cancelled or times out before its turn hands the
    /// signal on.
    /// </remarks>
    public void Signal()
    {
        if (Shard.IsRunning())
        {
            SignalFirst();
        }
    }

    /// <summary>Wakes all that wait now.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Broadcast()
    {
        if (Shard.IsRunning())
        {
            while (_line.First is { } waiter)
            {
                _line.Remove(waiter);
                waiter.Wake(byBroadcast: true);
            }
        }
    }

    /// <summary>Lets everybody who waits, and everybody who comes later, fail. For good; the first reason stays.</summary>
    /// <param name="reason">What their waits throw.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <remarks>Those who were woken before, and whose turn has not yet come, end as they would have.</remarks>
    public void Break(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Shard.IsRunning() && _breakage is null)
        {
            _breakage = new Breakage<bool>(reason);
            _line.FailAll(_breakage.Reason);
        }
    }

    /// <summary>What messages show.</summary>
    public override string ToString() =>
        $"{(_breakage is null ? "" : "broken ")}condition of {Shard} ({_line.Count} waiting)";

    private void SignalFirst()
    {
        if (_line.First is { } waiter)
        {
            _line.Remove(waiter);
            waiter.Wake(byBroadcast: false);
        }
    }
}
