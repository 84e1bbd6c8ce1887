using System.Runtime.CompilerServices;

namespace Reactor;

/// <content>Calls to the instance of one shard.</content>
public sealed partial class Sharded<T>
{
    /// <summary>Runs an action on the instance of a shard and waits for its end. From any thread; on that shard itself it runs at once.</summary>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="action">What to run, on the shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>A task that ends with the action, or with the exception that it threw.</returns>
    /// <exception cref="ArgumentException">The shard belongs to another host.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed, or the shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask InvokeOnAsync(Shard shard, Action<T> action, CancellationToken cancellationToken = default)
    {
        Verify(shard, action);
        return shard.InvokeAsync(static call => call.action(call.service.Local), (service: this, action), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync(Shard, Action{T}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="action">What to run, on the shard.</param>
    /// <param name="state">What the action is given beside the instance, so that it need not capture anything.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask InvokeOnAsync<TState>(Shard shard, Action<T, TState> action, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, action);
        return shard.InvokeAsync(static call => call.action(call.service.Local, call.state), (service: this, action, state), cancellationToken);
    }

    /// <summary>Runs a function on the instance of a shard and brings back its result. From any thread; on that shard itself it runs at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ArgumentException">The shard belongs to another host.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed, or the shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<TResult> InvokeOnAsync<TResult>(Shard shard, Func<T, TResult> function, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local), (service: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync{TResult}(Shard, Func{T, TResult}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="state">What the function is given beside the instance. With a static lambda, a call from another shard of the host allocates nothing.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask<TResult> InvokeOnAsync<TState, TResult>(Shard shard, Func<T, TState, TResult> function, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local, call.state), (service: this, function, state), cancellationToken);
    }

    /// <summary>Runs an async function on the instance of a shard and waits for its end. From any thread; on that shard itself it starts at once.</summary>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run. A function that runs is not interrupted.</param>
    /// <returns>A task that ends with the function's own, or with the exception that it threw.</returns>
    /// <exception cref="ArgumentException">The shard belongs to another host.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed, or the shard has stopped before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeOnAsync(Shard shard, Func<T, ValueTask> function, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local), (service: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync(Shard, Func{T, ValueTask}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="state">What the function is given beside the instance, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As without state.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeOnAsync<TState>(Shard shard, Func<T, TState, ValueTask> function, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local, call.state), (service: this, function, state), cancellationToken);
    }

    /// <summary>Runs an async function on the instance of a shard and brings back its result. From any thread; on that shard itself it starts at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ArgumentException">The shard belongs to another host.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed, or the shard has stopped before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeOnAsync<TResult>(Shard shard, Func<T, ValueTask<TResult>> function, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local), (service: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync{TResult}(Shard, Func{T, ValueTask{TResult}}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="shard">Whose instance; a shard of this service's host.</param>
    /// <param name="function">What to run, on the shard.</param>
    /// <param name="state">What the function is given beside the instance, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeOnAsync<TState, TResult>(Shard shard, Func<T, TState, ValueTask<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local, call.state), (service: this, function, state), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync(Shard, Func{T, ValueTask}, CancellationToken)"/>
    public ValueTask InvokeOnAsync(Shard shard, Func<T, Task> function, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local), (service: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync{TState}(Shard, Func{T, TState, ValueTask}, TState, CancellationToken)"/>
    public ValueTask InvokeOnAsync<TState>(Shard shard, Func<T, TState, Task> function, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local, call.state), (service: this, function, state), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync{TResult}(Shard, Func{T, ValueTask{TResult}}, CancellationToken)"/>
    public ValueTask<TResult> InvokeOnAsync<TResult>(Shard shard, Func<T, Task<TResult>> function, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local), (service: this, function), cancellationToken);
    }

    /// <inheritdoc cref="InvokeOnAsync{TState, TResult}(Shard, Func{T, TState, ValueTask{TResult}}, TState, CancellationToken)"/>
    public ValueTask<TResult> InvokeOnAsync<TState, TResult>(Shard shard, Func<T, TState, Task<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        Verify(shard, function);
        return shard.InvokeAsync(static call => call.function(call.service.Local, call.state), (service: this, function, state), cancellationToken);
    }

    private void Verify(Shard shard, Delegate function, [CallerArgumentExpression(nameof(function))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(shard);
        ArgumentNullException.ThrowIfNull(function, name);
        if (shard.Host != _host)
        {
            throw new ArgumentException($"{this} has no instance on {shard} of another host; name a shard of the host that it was started on.", nameof(shard));
        }
    }
}
