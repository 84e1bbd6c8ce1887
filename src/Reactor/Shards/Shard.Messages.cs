using System.Runtime.CompilerServices;
using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

// Work that comes from elsewhere: Post and InvokeAsync.
public sealed partial class Shard
{
    private readonly Inbox _inbox = new();

    /// <summary>Queues a callback to run on the shard, and does not wait for it. From any thread.</summary>
    /// <param name="callback">What to run. An exception that leaves it is told to <see cref="ReactorOptions.UnhandledException"/>.</param>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    /// <remarks>Callbacks from one thread run in the order in which they were posted. Nobody waits when too many are posted: who must not outrun the shard uses InvokeAsync.</remarks>
    public void Post(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Post(static action => action(), callback);
    }

    /// <summary>Queues a callback to run on the shard, and does not wait for it. From any thread.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="callback">What to run. An exception that leaves it is told to <see cref="ReactorOptions.UnhandledException"/>.</param>
    /// <param name="state">What the callback is given, so that it need not capture anything.</param>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    /// <remarks>As <see cref="Post(Action)"/>.</remarks>
    public void Post<TState>(Action<TState> callback, TState state)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (SisterOfCaller is { } origin)
        {
            PostedCall<TState>.Send(origin, this, callback, state);
            return;
        }

        var work = new PostedAction<TState>(callback, state) { Group = t_current?._currentQueue.Group };
        if (IsOnShard && !_hasStopped)
        {
            _currentQueue.Enqueue(ShardWork.RunCallback, work);
        }
        else if (!TrySend(work))
        {
            throw HasStoppedException();
        }
    }

    /// <summary>Runs an action on the shard and waits for its end. From any thread; on the shard itself it runs at once.</summary>
    /// <param name="action">What to run.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>A task that ends with the action, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask InvokeAsync(Action action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Invoke(
            static action =>
            {
                action();
                return true;
            },
            action,
            cancellationToken).WithoutResult;
    }

    /// <inheritdoc cref="InvokeAsync(Action, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="action">What to run.</param>
    /// <param name="state">What the action is given, so that it need not capture anything.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask InvokeAsync<TState>(Action<TState> action, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Invoke(
            static call =>
            {
                call.action(call.state);
                return true;
            },
            (action, state),
            cancellationToken).WithoutResult;
    }

    /// <summary>Runs a function on the shard and brings back its result. From any thread; on the shard itself it runs at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<TResult> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Invoke(static function => function(), function, cancellationToken).WithResult;
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{TResult}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given. With a static lambda, a call from another shard of the host allocates nothing.</param>
    /// <param name="cancellationToken">Ends the wait, and the call if it has not begun to run.</param>
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<TState, TResult> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Invoke(function, state, cancellationToken).WithResult;
    }

    /// <summary>Runs an async function on the shard and waits for its end. From any thread; on the shard itself it starts at once.</summary>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">
    /// Ends the wait, and the call if it has not begun to run. A function that runs is not interrupted: give it the token
    /// too if it is to end.
    /// </param>
    /// <returns>A task that ends with the function's own, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped, before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeAsync(Func<ValueTask> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsync(static function => function(), function, cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync(Func{ValueTask}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As without state.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask InvokeAsync<TState>(Func<TState, ValueTask> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsynchronous(static call => call.function(call.state).WithResult(), (function, state), cancellationToken).WithoutResult;
    }

    /// <summary>Runs an async function on the shard and brings back its result. From any thread; on the shard itself it starts at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped, before or while the function ran.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeAsync<TResult>(Func<ValueTask<TResult>> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsynchronous(static function => function(), function, cancellationToken).WithResult;
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{ValueTask{TResult}}, CancellationToken)"/>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="state">What the function is given, so that it need not capture anything.</param>
    /// <param name="cancellationToken">As for functions without result.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<TState, ValueTask<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsynchronous(function, state, cancellationToken).WithResult;
    }

    /// <inheritdoc cref="InvokeAsync(Func{ValueTask}, CancellationToken)"/>
    public ValueTask InvokeAsync(Func<Task> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsync(static function => new ValueTask(function()), function, cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TState}(Func{TState, ValueTask}, TState, CancellationToken)"/>
    public ValueTask InvokeAsync<TState>(Func<TState, Task> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsync(static call => new ValueTask(call.function(call.state)), (function, state), cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{ValueTask{TResult}}, CancellationToken)"/>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<Task<TResult>> function, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsynchronous(static function => new ValueTask<TResult>(function()), function, cancellationToken).WithResult;
    }

    /// <inheritdoc cref="InvokeAsync{TState, TResult}(Func{TState, ValueTask{TResult}}, TState, CancellationToken)"/>
    public ValueTask<TResult> InvokeAsync<TState, TResult>(Func<TState, Task<TResult>> function, TState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return InvokeAsynchronous(static call => new ValueTask<TResult>(call.function(call.state)), (function, state), cancellationToken).WithResult;
    }

    /// <summary>Leaves work in the inbox and wakes the shard; false when the shard has stopped and the work will not run.</summary>
    internal bool TrySend(ShardWork work)
    {
        if (!_inbox.TryPush(work))
        {
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>The caller's shard if it is another of this host, to which lanes lead; null if the call has to go another way.</summary>
    private Shard? SisterOfCaller
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_current is { } current && current._host == _host && current != this && !current._refusesCalls ? current : null;
    }

    private Invocation<TResult> Invoke<TState, TResult>(Func<TState, TResult> function, TState state, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new Invocation<TResult>(ValueTask.FromCanceled<TResult>(cancellationToken));
        }

        if (SisterOfCaller is { } origin)
        {
            FunctionCall<TState, TResult> call = FunctionCall<TState, TResult>.Rent(origin, function, state);
            call.Start(this, cancellationToken);
            return new Invocation<TResult>(call);
        }

        if (IsOnShard)
        {
            try
            {
                return new Invocation<TResult>(new ValueTask<TResult>(function(state)));
            }
            catch (Exception exception)
            {
                return new Invocation<TResult>(new ValueTask<TResult>(FailedTask.From<TResult>(exception)));
            }
        }

        return SendForeign(new ForeignFunctionCall<TState, TResult>(function, state, cancellationToken));
    }

    private Invocation<TResult> InvokeAsynchronous<TState, TResult>(Func<TState, ValueTask<TResult>> function, TState state, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new Invocation<TResult>(ValueTask.FromCanceled<TResult>(cancellationToken));
        }

        if (SisterOfCaller is { } origin)
        {
            AsyncFunctionCall<TState, TResult> call = AsyncFunctionCall<TState, TResult>.Rent(origin, function, state);
            call.Start(this, cancellationToken);
            return new Invocation<TResult>(call);
        }

        if (IsOnShard)
        {
            try
            {
                ValueTask<TResult> result = function(state);
                return new Invocation<TResult>(result.IsCompleted ? result : HomeCall<TResult>.Start(this, result, cancellationToken));
            }
            catch (Exception exception)
            {
                return new Invocation<TResult>(new ValueTask<TResult>(FailedTask.From<TResult>(exception)));
            }
        }

        return SendForeign(new ForeignAsyncFunctionCall<TState, TResult>(this, function, state, cancellationToken));
    }

    private Invocation<TResult> SendForeign<TResult>(ForeignCall<TResult> call)
    {
        // Groups are the process's: they follow calls to the shards of another host too.
        call.Group = t_current?._currentQueue.Group;
        if (!TrySend(call))
        {
            return new Invocation<TResult>(ValueTask.FromException<TResult>(HasStoppedException()));
        }

        // The await of a task comes home through the synchronization context. A shard without one gets its own future.
        var pending = new ValueTask<TResult>(call.Task);
        return new Invocation<TResult>(t_current is { CurrentQueue.Context: null } caller ? HomeCall<TResult>.Start(caller, pending, CancellationToken.None) : pending);
    }

    internal ObjectDisposedException HasStoppedException() => new(ToString(), $"{this} has stopped and takes no more work.");

    private void TakeInbox()
    {
        if (_inbox.HasWork)
        {
            Queue(_inbox.TakeAll());
        }
    }

    private void Queue(ShardWork? work)
    {
        while (work is not null)
        {
            ShardWork? next = work.Next;
            work.Next = null;
            Schedule(work);
            work = next;
        }
    }

    /// <summary>What the synchronization context of a scheduling group posts to.</summary>
    private sealed class PostTarget(Shard shard, SchedulingGroup group) : IPostTarget
    {
        public bool IsCurrent => shard.IsOnShard;

        public int Block(Func<int, int> wait, int milliseconds) => shard.IsOnShard ? shard.Block(wait, milliseconds) : wait(milliseconds);

        /// <remarks>
        /// A continuation that comes home after its shard has stopped runs on the thread pool instead: it is not lost,
        /// its <c>finally</c> blocks run, and what it tries on the shard's objects fails with an exception.
        /// </remarks>
        public void Post(SendOrPostCallback callback, object? state)
        {
            var work = new PostedContinuation(callback, state) { Group = group };
            if (shard.IsOnShard && !shard._hasStopped)
            {
                shard.Schedule(work);
            }
            else if (!shard.TrySend(work))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static state => state.Run(), work, preferLocal: false);
            }
        }

        private sealed class PostedContinuation(SendOrPostCallback callback, object? state) : ShardWork
        {
            internal override object? Code => state is Delegate code ? code : callback;

            internal override void Run() => callback(state);
        }
    }
}
