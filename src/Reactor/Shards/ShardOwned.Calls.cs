using System.Runtime.CompilerServices;

namespace Reactor;

/// <content>Calls to the object at its home.</content>
public sealed partial class ShardOwned<T>
{
    /// <summary>Runs an action on the object and waits for its end. From any thread; on its shard it runs at once.</summary>
    /// <param name="action">What to run, on the object's shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>A task that ends with the action, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The object has been disposed, or its shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask InvokeAsync(Action<T> action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Shard.InvokeAsync(static call => call.action(call.owner.Value), (owner: this, action), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync(Action{T}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="action">What to run, on the object's shard.</param>
    /// <param name="state">What the action is given beside the object, so that it need not capture anything.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask InvokeAsync<TState>(Action<T, TState> action, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Shard.InvokeAsync(static call => call.action(call.owner.Value, call.state), (owner: this, action, state), cancellationToken);
    }

    /// <summary>Runs a function on the object and brings back its result. From any thread; on its shard it runs at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The object has been disposed, or its shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<T, TResult> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value), (owner: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{T, TResult}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="state">What the function is given beside the object. With a static lambda, a call from another shard of the host allocates nothing.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<T, TState, TResult> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value, call.state), (owner: this, function, state), cancellationToken);
    }

    /// <summary>Runs an async function on the object and waits for its end. From any thread; on its shard it starts at once.</summary>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run. A function that runs is not interrupted.</param>
    /// <returns>A task that ends with the function's own, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The object has been disposed, or its shard has stopped before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeAsync(Func<T, ValueTask> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value), (owner: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync(Func{T, ValueTask}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="state">What the function is given beside the object, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As without state.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeAsync<TState>(Func<T, TState, ValueTask> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value, call.state), (owner: this, function, state), cancellationToken);
    }

    /// <summary>Runs an async function on the object and brings back its result. From any thread; on its shard it starts at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The object has been disposed, or its shard has stopped before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeAsync<TResult>(Func<T, ValueTask<TResult>> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value), (owner: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{T, ValueTask{TResult}}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run, on the object's shard.</param>
    /// <param name="state">What the function is given beside the object, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<T, TState, ValueTask<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value, call.state), (owner: this, function, state), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync(Func{T, ValueTask}, CancellationToken)"/>
    public ValueTask InvokeAsync(Func<T, Task> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value), (owner: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TState}(Func{T, TState, ValueTask}, TState, CancellationToken)"/>
    public ValueTask InvokeAsync<TState>(Func<T, TState, Task> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value, call.state), (owner: this, function, state), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{T, ValueTask{TResult}}, CancellationToken)"/>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<T, Task<TResult>> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value), (owner: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TState, TResult}(Func{T, TState, ValueTask{TResult}}, TState, CancellationToken)"/>
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<T, TState, Task<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Shard.InvokeAsync(static call => call.function(call.owner.Value, call.state), (owner: this, function, state), cancellationToken);
    }
}
