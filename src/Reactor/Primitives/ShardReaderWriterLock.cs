using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Many may read at a time, or one write. First come, first served: readers that stand one behind the other go in
/// together, and none gets ahead of a writer that came before it.
/// </summary>
/// <remarks>
/// <para>
/// For what must not change, or not be seen half changed, over an await; between two awaits nothing else runs on a shard,
/// and no lock is needed. Belongs to the shard on which it was made and is used there only. Entering and leaving allocate
/// nothing, and neither do waits, which resume in their turn: never inside the call that let them in.
/// </para>
/// <para>
/// The lock is not recursive, and reading cannot be upgraded to writing: who holds it and waits for it to be free for
/// writing waits for itself, and so does who holds it for reading and wants to read again as soon as a writer stands in
/// between. Nothing on a shard tells one asynchronous flow from another for free, so that this is noticed only by a lock
/// that was made to (see the constructor).
/// </para>
/// </remarks>
public sealed partial class ShardReaderWriterLock
{
    private readonly bool _refusesRecursion;
    private HolderTable _holders = new();
    private bool _isWriting;
    private Breakage<ReaderWriterLockHolder>? _breakage;

    /// <summary>Makes a lock that belongs to the calling shard.</summary>
    /// <param name="refuseRecursion">
    /// Whether entering throws <see cref="LockRecursionException"/> in a flow that holds the lock already, or that was
    /// started by one that does. It costs allocations at every entry, for an <see cref="AsyncLocal{T}"/>: for tests, and to
    /// find out why a program stands still.
    /// </param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ShardReaderWriterLock(bool refuseRecursion = false) => _refusesRecursion = refuseRecursion;

    /// <summary>The shard that the lock belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; } = Shard.OfCaller("make a reader-writer lock");

    /// <summary>How many hold it for reading.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int CurrentReadCount
    {
        get
        {
            Shard.VerifyAccess();
            return Readers;
        }
    }

    /// <summary>Whether somebody holds it for writing.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public bool IsWriteLockHeld
    {
        get
        {
            Shard.VerifyAccess();
            return _isWriting;
        }
    }

    /// <summary>How many wait to read.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int WaitingReadCount
    {
        get
        {
            Shard.VerifyAccess();
            return _line.Count - _waitingWriters;
        }
    }

    /// <summary>How many wait to write.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int WaitingWriteCount
    {
        get
        {
            Shard.VerifyAccess();
            return _waitingWriters;
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

    private int Readers => _isWriting ? 0 : _holders.Count;

    /// <summary>Enters for reading if nobody writes and nobody waits.</summary>
    /// <param name="holder">Holds the lock until it is disposed; holds nothing when it could not be entered.</param>
    /// <returns>False when it could not be entered, or when it is broken.</returns>
    /// <exception cref="LockRecursionException">This flow holds the lock already, and the lock was made to notice.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryEnterReadLock(out ReaderWriterLockHolder holder) => TryEnter(forWriting: false, out holder);

    /// <summary>Enters for writing if nobody reads or writes.</summary>
    /// <param name="holder">Holds the lock until it is disposed; holds nothing when it could not be entered.</param>
    /// <returns>False when it could not be entered, or when it is broken.</returns>
    /// <exception cref="LockRecursionException">This flow holds the lock already, and the lock was made to notice.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryEnterWriteLock(out ReaderWriterLockHolder holder) => TryEnter(forWriting: true, out holder);

    /// <summary>Lets everybody who waits, and everybody who comes later, fail. For good; the first reason stays.</summary>
    /// <param name="reason">What their waits throw.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <remarks>Those who hold the lock hold it until they leave, as before.</remarks>
    public void Break(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Shard.IsRunning() && _breakage is null)
        {
            _breakage = new Breakage<ReaderWriterLockHolder>(reason);
            _waitingWriters = 0;
            _line.FailAll(_breakage.Reason);
        }
    }

    /// <summary>What messages show.</summary>
    public override string ToString()
    {
        string held = _isWriting ? "held for writing" : $"held by {Readers} for reading";
        return $"{(_breakage is null ? "" : "broken ")}reader-writer lock of {Shard} ({held}; {_line.Count - _waitingWriters} waiting to read, {_waitingWriters} to write)";
    }

    internal bool IsHeld(HolderKey key)
    {
        Shard.VerifyAccess();
        return _holders.IsHeld(key);
    }

    internal void Release(HolderKey key)
    {
        if (Shard.IsRunning() && _holders.TryRemove(key, out _))
        {
            // Whoever leaves while somebody writes is the writer: it is alone.
            _isWriting = false;
            LetIn();
        }
    }

    private bool TryEnter(bool forWriting, out ReaderWriterLockHolder holder)
    {
        Shard.VerifyRunning();
        LockFlow? flow = EnterFlow(forWriting);
        if (_breakage is null && MayEnter(forWriting))
        {
            holder = AddHolder(forWriting, flow);
            return true;
        }

        flow?.OnGivenUp();
        holder = default;
        return false;
    }

    private bool MayEnter(bool forWriting) => _line.First is null && IsFree(forWriting);

    private bool IsFree(bool forWriting) => !_isWriting && (!forWriting || _holders.Count == 0);

    private ReaderWriterLockHolder AddHolder(bool forWriting, LockFlow? flow)
    {
        _isWriting = forWriting;
        HolderKey key = _holders.Add();
        flow?.OnEntered(key);
        return new ReaderWriterLockHolder(this, key, forWriting);
    }

    /// <summary>Notes that the calling flow enters, if the lock was made to notice recursion.</summary>
    private LockFlow? EnterFlow(bool forWriting) => _refusesRecursion ? LockFlow.Enter(this, forWriting) : null;
}
