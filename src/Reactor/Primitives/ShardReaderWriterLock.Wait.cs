using Reactor.Primitives;
using Reactor.Shards;

namespace Reactor;

/// <content>Those who wait, and the order in which they are let in.</content>
public sealed partial class ShardReaderWriterLock
{
    private WaitLine<LockWaiter, ReaderWriterLockHolder> _line;
    private int _waitingWriters;

    /// <summary>Enters for reading; waits until nobody writes and those who came earlier have been let in.</summary>
    /// <param name="cancellationToken">Ends the wait; those behind it do not wait for it then.</param>
    /// <returns>Holds the lock until it is disposed. To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired before the lock was entered; once it is, the token changes nothing.</exception>
    /// <exception cref="LockRecursionException">This flow holds the lock already, and the lock was made to notice.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a broken lock it throws what <see cref="Break"/> was given.</remarks>
    public ValueTask<ReaderWriterLockHolder> EnterReadLockAsync(CancellationToken cancellationToken = default) =>
        EnterAsync(forWriting: false, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="EnterReadLockAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait; those behind it do not wait for it then.</param>
    /// <exception cref="TimeoutException">The lock could not be entered in that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask<ReaderWriterLockHolder> EnterReadLockAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        EnterAsync(forWriting: false, timeout, cancellationToken);

    /// <summary>Enters for writing; waits until nobody reads or writes and those who came earlier have been let in and have left.</summary>
    /// <inheritdoc cref="EnterReadLockAsync(CancellationToken)"/>
    public ValueTask<ReaderWriterLockHolder> EnterWriteLockAsync(CancellationToken cancellationToken = default) =>
        EnterAsync(forWriting: true, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Enters for writing; waits until nobody reads or writes and those who came earlier have been let in and have left.</summary>
    /// <inheritdoc cref="EnterReadLockAsync(TimeSpan, CancellationToken)"/>
    public ValueTask<ReaderWriterLockHolder> EnterWriteLockAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        EnterAsync(forWriting: true, timeout, cancellationToken);

    private ValueTask<ReaderWriterLockHolder> EnterAsync(bool forWriting, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReaderWriterLockHolder>(cancellationToken);
        }

        if (_breakage is not null)
        {
            return _breakage.Refusal;
        }

        LockFlow? flow = EnterFlow(forWriting);
        if (MayEnter(forWriting))
        {
            return new ValueTask<ReaderWriterLockHolder>(AddHolder(forWriting, flow));
        }

        LockWaiter waiter = LockWaiter.Rent(this, forWriting, flow);
        waiter.Join(ref _line, timeout, cancellationToken);
        if (forWriting && waiter.IsInLine)
        {
            _waitingWriters++;
        }

        return waiter.Future;
    }

    /// <summary>Lets in those at the head of the line: all readers up to the first writer, or that writer.</summary>
    private void LetIn()
    {
        while (_line.First is { } waiter && IsFree(waiter.ForWriting))
        {
            RemoveFromLine(waiter);
            waiter.Complete(AddHolder(waiter.ForWriting, waiter.Flow));
        }
    }

    private void RemoveFromLine(LockWaiter waiter)
    {
        _line.Remove(waiter);
        if (waiter.ForWriting)
        {
            _waitingWriters--;
        }
    }

    /// <summary>Somebody who waits to be let in.</summary>
    private sealed class LockWaiter(Shard shard) : Waiter<LockWaiter, ReaderWriterLockHolder>(shard)
    {
        private ShardReaderWriterLock _lock = null!;

        internal bool ForWriting { get; private set; }

        internal LockFlow? Flow { get; private set; }

        internal static LockWaiter Rent(ShardReaderWriterLock owner, bool forWriting, LockFlow? flow)
        {
            LockWaiter waiter = Pool<LockWaiter>.Rent() ?? new LockWaiter(owner.Shard);
            waiter._lock = owner;
            waiter.ForWriting = forWriting;
            waiter.Flow = flow;
            return waiter;
        }

        protected override string DescribeTimeout() =>
            $"{(ForWriting ? "Writing" : "Reading")} had to wait for the {_lock}, which is neither recursive nor to be upgraded by those who hold it, and could not begin";

        protected override void Leave()
        {
            Flow?.OnGivenUp();
            _lock.RemoveFromLine(this);
            _lock.LetIn();
        }

        protected override void Recycle()
        {
            _lock = null!;
            Flow = null;
            Pool<LockWaiter>.Return(this);
        }
    }
}
