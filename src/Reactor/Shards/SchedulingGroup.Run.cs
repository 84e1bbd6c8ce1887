using System.Runtime.CompilerServices;
using Reactor.Shards;

namespace Reactor;

// Running code in a group, on a shard.
public sealed partial class SchedulingGroup
{
    /// <summary>The group that the calling code runs in; <see cref="Default"/> on threads that are no shard's.</summary>
    public static SchedulingGroup Current => Shard.Current?.CurrentQueue.Group ?? Default;

    /// <summary>
    /// Runs an action in the group, on the current shard, when it is the group's turn. The caller goes on in its own group
    /// afterwards.
    /// </summary>
    /// <param name="action">What to run.</param>
    /// <returns>Ends with the action, or with the exception that it threw. To be awaited once.</returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ValueTask RunAsync(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return RunAsync(
            static action =>
            {
                action();
                return default;
            },
            action);
    }

    /// <summary>
    /// Runs an async function in the group, on the current shard, when it is the group's turn: all of it, after every await.
    /// The caller goes on in its own group afterwards.
    /// </summary>
    /// <param name="function">What to run.</param>
    /// <returns>Ends with the function's task, or with the exception that it threw. To be awaited once.</returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask RunAsync(Func<ValueTask> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(static function => function(), function);
    }

    /// <inheritdoc cref="RunAsync(Func{ValueTask})"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask RunAsync<TState>(Func<TState, ValueTask> function, TState state)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Start(static call => call.function(call.state).WithResult(), (function, state)).VoidFuture;
    }

    /// <inheritdoc cref="RunAsync(Func{ValueTask})"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <returns>The function's result, or the exception that it threw. To be awaited once.</returns>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> RunAsync<TResult>(Func<ValueTask<TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Start(static function => function(), function).Future;
    }

    /// <inheritdoc cref="RunAsync{TResult}(Func{ValueTask{TResult}})"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> RunAsync<TState, TResult>(Func<TState, ValueTask<TResult>> function, TState state)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Start(function, state).Future;
    }

    /// <inheritdoc cref="RunAsync(Func{ValueTask})"/>
    public ValueTask RunAsync(Func<Task> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(static function => new ValueTask(function()), function);
    }

    /// <inheritdoc cref="RunAsync{TResult}(Func{ValueTask{TResult}})"/>
    public ValueTask<TResult> RunAsync<TResult>(Func<Task<TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Start(static function => new ValueTask<TResult>(function()), function).Future;
    }

    /// <remarks>The message is not made before it is needed.</remarks>
    private GroupRun<TState, TResult> Start<TState, TResult>(Func<TState, ValueTask<TResult>> function, TState state) =>
        GroupRun<TState, TResult>.Start(Shard.Current ?? Shard.OfCaller($"run something in {this}"), this, function, state);
}
