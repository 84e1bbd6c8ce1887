using Reactor.Primitives;
using Reactor.Shards;

namespace Reactor;

/// <summary>
/// Lets work that is under way end before what it uses goes away: work enters the gate and holds it until it is done;
/// closing lets nobody in any more and waits for all who hold it.
/// </summary>
/// <remarks>
/// Belongs to the shard on which it was made and is used there only. Entering, leaving and, without holders, closing
/// allocate nothing. Who closes the gate while holding it waits for itself.
/// </remarks>
public sealed class Gate : IAsyncDisposable
{
    private HolderTable _holders = new();
    private WaitLine<GateWaiter, bool> _closers;
    private bool _isClosed;

    /// <summary>Makes an open gate that belongs to the calling shard.</summary>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public Gate()
    {
    }

    /// <summary>The shard that the gate belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; } = Shard.OfCaller("make a gate");

    /// <summary>Whether closing has begun; holders may still be inside.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public bool IsClosed
    {
        get
        {
            Shard.VerifyAccess();
            return _isClosed;
        }
    }

    /// <summary>How many holders are inside.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int Count
    {
        get
        {
            Shard.VerifyAccess();
            return _holders.Count;
        }
    }

    /// <summary>Enters the gate.</summary>
    /// <returns>Holds the gate until it is disposed.</returns>
    /// <exception cref="GateClosedException">The gate is closed.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public GateHolder Enter() => TryEnter(out GateHolder holder)
        ? holder
        : throw ClosedException();

    /// <summary>Enters the gate unless it is closed.</summary>
    /// <param name="holder">Holds the gate until it is disposed; holds nothing when the gate is closed.</param>
    /// <returns>False when the gate is closed.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryEnter(out GateHolder holder)
    {
        Shard.VerifyRunning();
        if (_isClosed)
        {
            holder = default;
            return false;
        }

        holder = AddHolder();
        return true;
    }

    /// <summary>Runs an async function inside the gate.</summary>
    /// <param name="function">What to run; at once. The gate is held until its task has ended.</param>
    /// <returns>Ends with the function's task, or with what it threw.</returns>
    /// <exception cref="GateClosedException">The gate is closed; the function has not been run.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public ValueTask RunAsync(Func<ValueTask> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(static function => function(), function);
    }

    /// <inheritdoc cref="RunAsync(Func{ValueTask})"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run; at once. The gate is held until its task has ended.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    public async ValueTask RunAsync<TState>(Func<TState, ValueTask> function, TState state)
    {
        ArgumentNullException.ThrowIfNull(function);
        GateHolder holder = Enter();
        SchedulingGroup group = SchedulingGroup.Current;
        try
        {
            await function(state);
        }
        finally
        {
            await new ReturnToShard(Shard, group);
            holder.Dispose();
        }
    }

    /// <summary>Runs an async function inside the gate and brings its result.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run; at once. The gate is held until its task has ended.</param>
    /// <returns>The function's result, or what it threw.</returns>
    /// <exception cref="GateClosedException">The gate is closed; the function has not been run.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public ValueTask<TResult> RunAsync<TResult>(Func<ValueTask<TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(static function => function(), function);
    }

    /// <inheritdoc cref="RunAsync{TResult}(Func{ValueTask{TResult}})"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run; at once. The gate is held until its task has ended.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    public async ValueTask<TResult> RunAsync<TState, TResult>(Func<TState, ValueTask<TResult>> function, TState state)
    {
        ArgumentNullException.ThrowIfNull(function);
        GateHolder holder = Enter();
        SchedulingGroup group = SchedulingGroup.Current;
        try
        {
            return await function(state);
        }
        finally
        {
            await new ReturnToShard(Shard, group);
            holder.Dispose();
        }
    }

    /// <summary>Closes the gate at once, and waits until nobody holds it any more. May be called again, to wait again.</summary>
    /// <param name="cancellationToken">Ends the wait alone: the gate is closed even when the token has fired before the call.</param>
    /// <returns>Ends with the last holder.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    public ValueTask CloseAsync(CancellationToken cancellationToken = default) =>
        CloseAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="CloseAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end. The gate stays closed when it is over.</param>
    /// <param name="cancellationToken">Ends the wait alone: the gate is closed even when the token has fired before the call.</param>
    /// <exception cref="TimeoutException">Somebody still holds the gate after that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask CloseAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        _isClosed = true;
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_holders.Count == 0)
        {
            return default;
        }

        GateWaiter waiter = GateWaiter.Rent(this);
        waiter.Join(ref _closers, timeout, cancellationToken);
        return waiter.VoidFuture;
    }

    /// <summary>The same as <see cref="CloseAsync(CancellationToken)"/>, without a token.</summary>
    /// <returns>Ends with the last holder.</returns>
    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>What messages show.</summary>
    public override string ToString() => $"{(_isClosed ? "closed" : "open")} gate of {Shard} ({_holders.Count} inside)";

    internal bool IsHeld(HolderKey key)
    {
        Shard.VerifyAccess();
        return _holders.IsHeld(key);
    }

    /// <summary>The gate may be closed: as long as somebody is inside, it has not been left.</summary>
    internal GateHolder HoldAgain(HolderKey key)
    {
        Shard.VerifyRunning();
        return _holders.IsHeld(key) ? AddHolder() : throw NotHeldException();
    }

    internal void Release(HolderKey key)
    {
        if (Shard.IsRunning() && _holders.TryRemove(key, out _) && _holders.Count == 0)
        {
            // Without closing nobody waits.
            _closers.CompleteAll(true);
        }
    }

    private GateHolder AddHolder() => new(this, _holders.Add());

    private GateClosedException ClosedException() => new($"The {this} lets nobody in any more: what it guards is going away.");

    private InvalidOperationException NotHeldException() =>
        new($"This holder no longer holds the {this}, so that it cannot be held once more through it. Do so before it is disposed.");

    /// <summary>Somebody who has closed the gate.</summary>
    private sealed class GateWaiter(Shard shard) : Waiter<GateWaiter, bool>(shard)
    {
        private Gate _gate = null!;

        internal static GateWaiter Rent(Gate gate)
        {
            GateWaiter waiter = Pool<GateWaiter>.Rent() ?? new GateWaiter(gate.Shard);
            waiter._gate = gate;
            return waiter;
        }

        protected override string DescribeTimeout() => $"The {_gate} was not left by all";

        protected override void Leave() => _gate._closers.Remove(this);

        protected override void Recycle()
        {
            _gate = null!;
            Pool<GateWaiter>.Return(this);
        }
    }
}
