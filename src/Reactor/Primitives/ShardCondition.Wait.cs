using Reactor.Primitives;
using Reactor.Shards;

namespace Reactor;

/// <content>Those who wait.</content>
public sealed partial class ShardCondition
{
    private WaitLine<ConditionWaiter, bool> _line;

    /// <summary>Waits until it is signalled.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a broken condition it throws what <see cref="Break"/> was given.</remarks>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default) =>
        WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">There was no signal in that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        TryRefuse(timeout, cancellationToken, out ValueTask refusal)
            ? refusal
            : Join(static _ => true, true, timeout, cancellationToken);

    /// <summary>Waits until the predicate holds: looks at once, and then each time that it is signalled.</summary>
    /// <param name="predicate">Looks at the state, on the shard. What it throws ends this wait and no other.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Ends when the predicate holds. To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>
    /// On a broken condition it throws what <see cref="Break"/> was given, whether the predicate holds or not. When it is
    /// looked at again, the predicate does not see what an <see cref="AsyncLocal{T}"/> of the waiter holds.
    /// </remarks>
    public ValueTask WaitAsync(Func<bool> predicate, CancellationToken cancellationToken = default) =>
        WaitAsync(predicate, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitAsync(Func{bool}, CancellationToken)"/>
    /// <param name="predicate">Looks at the state, on the shard. What it throws ends this wait and no other.</param>
    /// <param name="timeout">How long to wait in all; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">The predicate was not seen to hold in that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask WaitAsync(Func<bool> predicate, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return WaitAsync(static predicate => predicate(), predicate, timeout, cancellationToken);
    }

    /// <inheritdoc cref="WaitAsync(Func{bool}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="predicate">Looks at the state, on the shard. What it throws ends this wait and no other.</param>
    /// <param name="state">What the predicate is given, so that it need not capture anything.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitAsync<TState>(Func<TState, bool> predicate, TState state, CancellationToken cancellationToken = default) =>
        WaitAsync(predicate, state, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitAsync(Func{bool}, TimeSpan, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="predicate">Looks at the state, on the shard. What it throws ends this wait and no other.</param>
    /// <param name="state">What the predicate is given, so that it need not capture anything.</param>
    /// <param name="timeout">How long to wait in all; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitAsync<TState>(Func<TState, bool> predicate, TState state, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        if (TryRefuse(timeout, cancellationToken, out ValueTask refusal))
        {
            return refusal;
        }

        try
        {
            if (predicate(state))
            {
                return default;
            }
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }

        return Join(predicate, state, timeout, cancellationToken);
    }

    private bool TryRefuse(TimeSpan timeout, CancellationToken cancellationToken, out ValueTask refusal)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            refusal = ValueTask.FromCanceled(cancellationToken);
            return true;
        }

        refusal = _breakage is null ? default : _breakage.VoidRefusal;
        return _breakage is not null;
    }

    private ValueTask Join<TState>(Func<TState, bool> predicate, TState state, TimeSpan timeout, CancellationToken cancellationToken)
    {
        PredicateWaiter<TState> waiter = PredicateWaiter<TState>.Rent(this, predicate, state);
        waiter.Join(ref _line, timeout, cancellationToken);
        return waiter.VoidFuture;
    }

    /// <summary>
    /// Somebody who waits. A woken waiter is out of the line and still pending until its turn, in which it looks whether
    /// what it waits for holds; until then its token and its time can end it.
    /// </summary>
    private abstract class ConditionWaiter(Shard shard) : Waiter<ConditionWaiter, bool>(shard)
    {
        // In the run queue: at most once, even if it ends, is used again and is woken again before its first turn.
        private bool _isQueued;
        private bool _isAwake;
        private bool _byBroadcast;

        protected ShardCondition Condition { get; private set; } = null!;

        internal void Wake(bool byBroadcast)
        {
            _isAwake = true;
            _byBroadcast = byBroadcast;
            Enqueue();
        }

        /// <summary>Looks at the state.</summary>
        protected abstract bool Holds();

        protected void Set(ShardCondition condition) => Condition = condition;

        protected sealed override string DescribeTimeout() => $"What was waited for was not signalled through the {Condition}";

        protected sealed override void Leave() => Condition._line.Remove(this);

        protected sealed override void OnAbandoned()
        {
            base.OnAbandoned();
            if (_isAwake)
            {
                _isAwake = false;
                if (!_byBroadcast)
                {
                    Condition.SignalFirst();
                }
            }
        }

        protected sealed override void Enqueue()
        {
            if (!_isQueued)
            {
                _isQueued = true;
                base.Enqueue();
            }
        }

        internal sealed override void Run()
        {
            if (_isAwake)
            {
                _isAwake = false;
                Look();
            }

            _isQueued = false;
            if (!IsPending)
            {
                Resume();
            }
        }

        private void Look()
        {
            bool holds;
            try
            {
                holds = Holds();
            }
            catch (Exception exception)
            {
                EndWith(exception);
                return;
            }

            if (!IsPending)
            {
                // The predicate itself has cancelled the wait.
                return;
            }

            if (holds)
            {
                Complete(true);
            }
            else if (Condition._breakage is { } breakage)
            {
                Fail(breakage.Reason);
            }
            else
            {
                Condition._line.Append(this);
            }
        }

        private void EndWith(Exception exception)
        {
            if (IsPending)
            {
                Fail(exception);
            }
            else
            {
                Shard.ReportUnhandled(exception);
            }
        }
    }

    private sealed class PredicateWaiter<TState>(Shard shard) : ConditionWaiter(shard)
    {
        private Func<TState, bool> _predicate = null!;
        private TState _state = default!;

        internal static PredicateWaiter<TState> Rent(ShardCondition condition, Func<TState, bool> predicate, TState state)
        {
            PredicateWaiter<TState> waiter = Pool<PredicateWaiter<TState>>.Rent() ?? new PredicateWaiter<TState>(condition.Shard);
            waiter.Set(condition);
            waiter._predicate = predicate;
            waiter._state = state;
            return waiter;
        }

        protected override bool Holds() => _predicate(_state);

        protected override void Recycle()
        {
            Set(null!);
            _predicate = null!;
            _state = default!;
            Pool<PredicateWaiter<TState>>.Return(this);
        }
    }
}
