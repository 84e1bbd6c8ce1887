using Reactor.Primitives;
using Reactor.Shards;

namespace Reactor;

/// <content>Those who wait, and the order in which they are let in.</content>
public sealed partial class ShardSemaphore
{
    private WaitLine<SemaphoreWaiter, SemaphoreUnits> _line;

    /// <summary>Takes one unit, which <see cref="Signal"/> gives back; waits until it is there and those who came earlier have theirs.</summary>
    /// <param name="cancellationToken">Ends the wait. It takes no unit then, and those behind it do not wait for it.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired before the unit was there; once it is, the token changes nothing.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a broken semaphore it throws what <see cref="Break"/> was given.</remarks>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default) =>
        WaitAsync(1, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait. It takes no unit then, and those behind it do not wait for it.</param>
    /// <exception cref="TimeoutException">The unit was not to be had in that time; none is taken.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAsync(1, timeout, cancellationToken);

    /// <summary>Takes units, which <see cref="Signal"/> gives back; waits until all are there and those who came earlier have theirs.</summary>
    /// <param name="units">
    /// How many; zero or more. Whoever wants more than there will ever be waits for ever, and all behind it.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. It takes no units then, and those behind it do not wait for it.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired before the units were there; once they are, the token changes nothing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a broken semaphore it throws what <see cref="Break"/> was given.</remarks>
    public ValueTask WaitAsync(long units, CancellationToken cancellationToken = default) =>
        WaitAsync(units, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitAsync(long, CancellationToken)"/>
    /// <param name="units">How many; zero or more. Whoever wants more than there will ever be waits for ever, and all behind it.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait. It takes no units then, and those behind it do not wait for it.</param>
    /// <exception cref="TimeoutException">The units were not to be had in that time; none are taken.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number or the timeout is negative.</exception>
    public ValueTask WaitAsync(long units, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        VerifyWait(units, timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_breakage is not null)
        {
            return _breakage.VoidRefusal;
        }

        return TryTake(units) ? default : Join(units, wantsHolder: false, timeout, cancellationToken).VoidFuture;
    }

    /// <summary>Takes one unit for a holder that gives it back; waits as <see cref="WaitAsync(CancellationToken)"/> does.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The holder, to be disposed. To be awaited once.</returns>
    /// <inheritdoc cref="WaitAsync(CancellationToken)"/>
    public ValueTask<SemaphoreUnits> EnterAsync(CancellationToken cancellationToken = default) =>
        EnterAsync(1, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Takes one unit for a holder that gives it back; waits as <see cref="WaitAsync(TimeSpan, CancellationToken)"/> does.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The holder, to be disposed. To be awaited once.</returns>
    /// <inheritdoc cref="WaitAsync(TimeSpan, CancellationToken)"/>
    public ValueTask<SemaphoreUnits> EnterAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        EnterAsync(1, timeout, cancellationToken);

    /// <summary>Takes units for a holder that gives them back; waits as <see cref="WaitAsync(long, CancellationToken)"/> does.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The holder, to be disposed. To be awaited once.</returns>
    /// <inheritdoc cref="WaitAsync(long, CancellationToken)"/>
    public ValueTask<SemaphoreUnits> EnterAsync(long units, CancellationToken cancellationToken = default) =>
        EnterAsync(units, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Takes units for a holder that gives them back; waits as <see cref="WaitAsync(long, TimeSpan, CancellationToken)"/> does.</summary>
    /// <param name="units">How many; zero or more.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The holder, to be disposed. To be awaited once.</returns>
    /// <inheritdoc cref="WaitAsync(long, TimeSpan, CancellationToken)"/>
    public ValueTask<SemaphoreUnits> EnterAsync(long units, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        VerifyWait(units, timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SemaphoreUnits>(cancellationToken);
        }

        if (_breakage is not null)
        {
            return _breakage.Refusal;
        }

        return TryTake(units)
            ? new ValueTask<SemaphoreUnits>(AddHolder(units))
            : Join(units, wantsHolder: true, timeout, cancellationToken).Future;
    }

    private void VerifyWait(long units, TimeSpan timeout)
    {
        Shard.VerifyRunning();
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        PrimitiveAccess.VerifyTimeout(timeout);
    }

    private SemaphoreWaiter Join(long units, bool wantsHolder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        SemaphoreWaiter waiter = SemaphoreWaiter.Rent(this, units, wantsHolder);
        waiter.Join(ref _line, timeout, cancellationToken);
        return waiter;
    }

    /// <summary>Gives their units to those at the head of the line for whom there are enough, and to nobody behind one for whom there are not.</summary>
    private void LetIn()
    {
        while (_line.First is { } waiter && waiter.Units <= _available)
        {
            _available -= waiter.Units;
            _line.Remove(waiter);
            waiter.Complete(waiter.WantsHolder ? AddHolder(waiter.Units) : default);
        }
    }

    /// <summary>Somebody who waits for units.</summary>
    private sealed class SemaphoreWaiter(Shard shard) : Waiter<SemaphoreWaiter, SemaphoreUnits>(shard)
    {
        private ShardSemaphore _semaphore = null!;

        internal long Units { get; private set; }

        internal bool WantsHolder { get; private set; }

        internal static SemaphoreWaiter Rent(ShardSemaphore semaphore, long units, bool wantsHolder)
        {
            SemaphoreWaiter waiter = Pool<SemaphoreWaiter>.Rent() ?? new SemaphoreWaiter(semaphore.Shard);
            waiter._semaphore = semaphore;
            waiter.Units = units;
            waiter.WantsHolder = wantsHolder;
            return waiter;
        }

        protected override string DescribeTimeout() => $"{Units} {(Units == 1 ? "unit was" : "units were")} not to be had from the {_semaphore}";

        protected override void Leave()
        {
            _semaphore._line.Remove(this);
            _semaphore.LetIn();
        }

        protected override void Recycle()
        {
            _semaphore = null!;
            Pool<SemaphoreWaiter>.Return(this);
        }
    }
}
