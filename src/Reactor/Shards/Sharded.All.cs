using System.Runtime.CompilerServices;

namespace Reactor;

/// <content>Calls to all instances at once.</content>
public sealed partial class Sharded<T>
{
    /// <summary>Runs an action on every instance, on all at the same time, and waits for all of them even if some fail. From any thread; on the calling shard itself it runs before this method returns.</summary>
    /// <param name="action">What to run, on the shard of each instance.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>
    /// A task that ends when the action has ended everywhere. Awaiting it throws the exception of one shard, the first by
    /// its number that failed, as with <see cref="Task.WhenAll(IEnumerable{Task})"/>; its <see cref="Task.Exception"/> has
    /// those of all, in the order of the shards. Awaited on the calling shard, it continues there.
    /// </returns>
    /// <exception cref="ObjectDisposedException">An instance has been disposed, or a shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task InvokeOnAllAsync(Action<T> action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return _host.CallAll(shard => InvokeOnAsync(shard, action, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Action{T}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="action">What to run, on the shard of each instance.</param>
    /// <param name="state">What the action is given beside each instance. What the shards share must be safe to share.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    public Task InvokeOnAllAsync<TState>(Action<T, TState> action, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return _host.CallAll(shard => InvokeOnAsync(shard, action, state, cancellationToken));
    }

    /// <summary>Runs an async function on every instance, on all at the same time, and waits for the ends of all even if some fail. From any thread; on the calling shard itself it starts before this method returns.</summary>
    /// <param name="function">What to run, on the shard of each instance.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run. A function that runs is not interrupted.</param>
    /// <returns>As for actions.</returns>
    /// <exception cref="ObjectDisposedException">An instance has been disposed, or a shard has stopped before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public Task InvokeOnAllAsync(Func<T, ValueTask> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _host.CallAll(shard => InvokeOnAsync(shard, function, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Func{T, ValueTask}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run, on the shard of each instance.</param>
    /// <param name="state">What the function is given beside each instance. What the shards share must be safe to share.</param>
    /// <param name="cancellationToken">As without state.</param>
    [OverloadResolutionPriority(1)]
    public Task InvokeOnAllAsync<TState>(Func<T, TState, ValueTask> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _host.CallAll(shard => InvokeOnAsync(shard, function, state, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Func{T, ValueTask}, CancellationToken)"/>
    public Task InvokeOnAllAsync(Func<T, Task> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _host.CallAll(shard => InvokeOnAsync(shard, function, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync{TState}(Func{T, TState, ValueTask}, TState, CancellationToken)"/>
    public Task InvokeOnAllAsync<TState>(Func<T, TState, Task> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _host.CallAll(shard => InvokeOnAsync(shard, function, state, cancellationToken));
    }

    /// <summary>Asks every instance for a value, all at the same time, and reduces the values to one. From any thread.</summary>
    /// <typeparam name="TResult">The type of the values.</typeparam>
    /// <param name="map">Runs on the shard of each instance.</param>
    /// <param name="reduce">Puts two values together. It runs where this method was called, on the shard or else on the thread pool, when all values have come: first with those of shards 0 and 1, then with its own result and that of shard 2, and so on.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>The reduced value; that of the only shard as it is. Fails as <see cref="InvokeOnAllAsync(Action{T}, CancellationToken)"/> does, after all shards have ended.</returns>
    /// <exception cref="ObjectDisposedException">An instance has been disposed, or a shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task<TResult> MapReduceAsync<TResult>(Func<T, TResult> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <summary>Asks every instance for a value, all at the same time, and accumulates the values. From any thread.</summary>
    /// <typeparam name="TResult">The type of the values.</typeparam>
    /// <typeparam name="TAccumulate">The type of what they become.</typeparam>
    /// <param name="map">Runs on the shard of each instance.</param>
    /// <param name="seed">What is accumulated to first.</param>
    /// <param name="reduce">Adds a value to what has been accumulated, in the order of the shards. It runs where this method was called, on the shard or else on the thread pool, when all values have come.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>What has been accumulated. Fails as <see cref="InvokeOnAllAsync(Action{T}, CancellationToken)"/> does, after all shards have ended.</returns>
    /// <exception cref="ObjectDisposedException">An instance has been disposed, or a shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<T, TResult> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(seed, reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult}(Func{T, TResult}, Func{TResult, TResult, TResult}, CancellationToken)"/>
    [OverloadResolutionPriority(2)]
    public Task<TResult> MapReduceAsync<TResult>(Func<T, ValueTask<TResult>> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult, TAccumulate}(Func{T, TResult}, TAccumulate, Func{TAccumulate, TResult, TAccumulate}, CancellationToken)"/>
    [OverloadResolutionPriority(2)]
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<T, ValueTask<TResult>> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(seed, reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult}(Func{T, TResult}, Func{TResult, TResult, TResult}, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<TResult> MapReduceAsync<TResult>(Func<T, Task<TResult>> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult, TAccumulate}(Func{T, TResult}, TAccumulate, Func{TAccumulate, TResult, TAccumulate}, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<T, Task<TResult>> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return _host.MapReduce(shard => InvokeOnAsync(shard, map, cancellationToken), values => values.Aggregate(seed, reduce));
    }
}
