using System.Runtime.CompilerServices;
using Reactor.Shards;

namespace Reactor;

// Calls to all shards at once.
public sealed partial class ReactorHost
{
    /// <summary>Runs an action on every shard, on all at the same time, and waits for all of them even if some fail. From any thread; on the calling shard itself it runs before this method returns.</summary>
    /// <param name="action">What to run. <see cref="Shard.Current"/> says where it runs.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>
    /// A task that ends when the action has ended everywhere. Awaiting it throws the exception of one shard, the first by
    /// its number that failed, as with <see cref="Task.WhenAll(IEnumerable{Task})"/>; its <see cref="Task.Exception"/> has
    /// those of all, in the order of the shards. Awaited on the calling shard, it continues there.
    /// </returns>
    /// <exception cref="ObjectDisposedException">A shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task InvokeOnAllAsync(Action action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return CallAll(shard => shard.InvokeAsync(action, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Action, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="action">What to run.</param>
    /// <param name="state">What the action is given on every shard. What the shards share must be safe to share.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    public Task InvokeOnAllAsync<TState>(Action<TState> action, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return CallAll(shard => shard.InvokeAsync(action, state, cancellationToken));
    }

    /// <summary>Runs an async function on every shard, on all at the same time, and waits for the ends of all even if some fail. From any thread; on the calling shard itself it starts before this method returns.</summary>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run. A function that runs is not interrupted.</param>
    /// <returns>As for actions.</returns>
    /// <exception cref="ObjectDisposedException">A shard has stopped, before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public Task InvokeOnAllAsync(Func<ValueTask> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return CallAll(shard => shard.InvokeAsync(function, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Func{ValueTask}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given on every shard. What the shards share must be safe to share.</param>
    /// <param name="cancellationToken">As without state.</param>
    [OverloadResolutionPriority(1)]
    public Task InvokeOnAllAsync<TState>(Func<TState, ValueTask> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return CallAll(shard => shard.InvokeAsync(function, state, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync(Func{ValueTask}, CancellationToken)"/>
    public Task InvokeOnAllAsync(Func<Task> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return CallAll(shard => shard.InvokeAsync(function, cancellationToken));
    }

    /// <inheritdoc cref="InvokeOnAllAsync{TState}(Func{TState, ValueTask}, TState, CancellationToken)"/>
    public Task InvokeOnAllAsync<TState>(Func<TState, Task> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return CallAll(shard => shard.InvokeAsync(function, state, cancellationToken));
    }

    /// <summary>Asks every shard for a value, all at the same time, and reduces the values to one. From any thread.</summary>
    /// <typeparam name="TResult">The type of the values.</typeparam>
    /// <param name="map">Runs on every shard and is given it.</param>
    /// <param name="reduce">Puts two values together. It runs where this method was called, on the shard or else on the thread pool, when all values have come: first with those of shards 0 and 1, then with its own result and that of shard 2, and so on.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>The reduced value; that of the only shard as it is. Fails as <see cref="InvokeOnAllAsync(Action, CancellationToken)"/> does, after all shards have ended.</returns>
    /// <exception cref="ObjectDisposedException">A shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task<TResult> MapReduceAsync<TResult>(Func<Shard, TResult> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <summary>Asks every shard for a value, all at the same time, and accumulates the values. From any thread.</summary>
    /// <typeparam name="TResult">The type of the values.</typeparam>
    /// <typeparam name="TAccumulate">The type of what they become.</typeparam>
    /// <param name="map">Runs on every shard and is given it.</param>
    /// <param name="seed">What is accumulated to first.</param>
    /// <param name="reduce">Adds a value to what has been accumulated, in the order of the shards. It runs where this method was called, on the shard or else on the thread pool, when all values have come.</param>
    /// <param name="cancellationToken">Ends the wait, and the calls that have not begun to run.</param>
    /// <returns>What has been accumulated. Fails as <see cref="InvokeOnAllAsync(Action, CancellationToken)"/> does, after all shards have ended.</returns>
    /// <exception cref="ObjectDisposedException">A shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<Shard, TResult> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(seed, reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult}(Func{Shard, TResult}, Func{TResult, TResult, TResult}, CancellationToken)"/>
    [OverloadResolutionPriority(2)]
    public Task<TResult> MapReduceAsync<TResult>(Func<Shard, ValueTask<TResult>> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult, TAccumulate}(Func{Shard, TResult}, TAccumulate, Func{TAccumulate, TResult, TAccumulate}, CancellationToken)"/>
    [OverloadResolutionPriority(2)]
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<Shard, ValueTask<TResult>> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(seed, reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult}(Func{Shard, TResult}, Func{TResult, TResult, TResult}, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<TResult> MapReduceAsync<TResult>(Func<Shard, Task<TResult>> map, Func<TResult, TResult, TResult> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(reduce));
    }

    /// <inheritdoc cref="MapReduceAsync{TResult, TAccumulate}(Func{Shard, TResult}, TAccumulate, Func{TAccumulate, TResult, TAccumulate}, CancellationToken)"/>
    [OverloadResolutionPriority(1)]
    public Task<TAccumulate> MapReduceAsync<TResult, TAccumulate>(Func<Shard, Task<TResult>> map, TAccumulate seed, Func<TAccumulate, TResult, TAccumulate> reduce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(reduce);
        return MapReduce(shard => shard.InvokeAsync(map, shard, cancellationToken), values => values.Aggregate(seed, reduce));
    }

    /// <summary>Calls all shards and waits for all.</summary>
    internal Task CallAll(Func<Shard, ValueTask> call)
    {
        var calls = new Task[_shards.Length];
        foreach (Shard shard in InCallOrder())
        {
            calls[shard.Id] = call(shard).AsTask();
        }

        return HomeTask.WhenAll(calls, static _ => true);
    }

    /// <summary>Calls all shards, waits for all, and reduces what they answer, in the order of the shards.</summary>
    internal Task<TReduced> MapReduce<TResult, TReduced>(Func<Shard, ValueTask<TResult>> call, Func<TResult[], TReduced> reduce)
    {
        var calls = new Task<TResult>[_shards.Length];
        foreach (Shard shard in InCallOrder())
        {
            calls[shard.Id] = call(shard).AsTask();
        }

        return HomeTask.WhenAll(calls, calls => reduce([.. calls.Select(call => call.Result)]));
    }

    /// <summary>The calling shard comes last: what it is called for runs at once, and the others are to run meanwhile.</summary>
    private IEnumerable<Shard> InCallOrder()
    {
        Shard? caller = Shard.Current;
        foreach (Shard shard in _shards)
        {
            if (shard != caller)
            {
                yield return shard;
            }
        }

        if (caller?.Host == this)
        {
            caller.FlushLanes();
            yield return caller;
        }
    }
}
