using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

// Work that comes from elsewhere.
public sealed partial class Shard
{
    private static readonly Action<object?> s_runForeignWork = static work => ((ForeignWork)work!).Run();

    private readonly Inbox _inbox = new();

    /// <summary>Queues a callback to run on the shard, and does not wait for it. From any thread.</summary>
    /// <param name="callback">What to run. An exception that leaves it is told to <see cref="ReactorOptions.UnhandledException"/>.</param>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public void Post(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Send(new PostedAction(callback));
    }

    /// <summary>Runs a function on the shard and brings back its result. From any thread; on the shard itself it runs at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Invoke(() => new ValueTask<TResult>(function()));
    }

    /// <summary>Runs an action on the shard and waits for its end. From any thread; on the shard itself it runs at once.</summary>
    /// <param name="action">What to run.</param>
    /// <returns>A task that ends with the action, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public async ValueTask InvokeAsync(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        await Invoke(() =>
        {
            action();
            return new ValueTask<bool>(true);
        }).ConfigureAwait(false);
    }

    /// <summary>Runs an async function on the shard and brings back its result. From any thread; on the shard itself it starts at once.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <returns>The result, or the exception that the function threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public ValueTask<TResult> InvokeAsync<TResult>(Func<Task<TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Invoke(() => new ValueTask<TResult>(function()));
    }

    /// <summary>Runs an async function on the shard and waits for its end. From any thread; on the shard itself it starts at once.</summary>
    /// <param name="function">What to run.</param>
    /// <returns>A task that ends with the function's own, or with the exception that it threw.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public async ValueTask InvokeAsync(Func<Task> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        await Invoke(async () =>
        {
            await function();
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Leaves work in the inbox and wakes the shard; false when the shard has stopped and the work will not run.</summary>
    internal bool TrySend(ForeignWork work)
    {
        if (!_inbox.TryPush(work))
        {
            return false;
        }

        Wake();
        return true;
    }

    private void Send(ForeignWork work)
    {
        if (IsOnShard && !_hasStopped)
        {
            _runQueue.Enqueue(s_runForeignWork, work);
        }
        else if (!TrySend(work))
        {
            throw new ObjectDisposedException(ToString(), $"{this} has stopped and takes no more work.");
        }
    }

    private ValueTask<TResult> Invoke<TResult>(Func<ValueTask<TResult>> function)
    {
        if (IsOnShard)
        {
            try
            {
                return function();
            }
            catch (Exception exception)
            {
                return ValueTask.FromException<TResult>(exception);
            }
        }

        var invocation = new Invocation<TResult>(function);
        Send(invocation);
        return new ValueTask<TResult>(invocation.Task);
    }

    private void TakeInbox()
    {
        if (_inbox.HasWork)
        {
            Queue(_inbox.TakeAll());
        }
    }

    private void Queue(ForeignWork? work)
    {
        while (work is not null)
        {
            ForeignWork? next = work.Next;
            work.Next = null;
            _runQueue.Enqueue(s_runForeignWork, work);
            work = next;
        }
    }

    private sealed class PostedAction(Action callback) : ForeignWork
    {
        internal override void Run() => callback();
    }

    private sealed class PostedContinuation(SendOrPostCallback callback, object? state) : ForeignWork
    {
        internal override void Run() => callback(state);
    }

    private sealed class Invocation<TResult>(Func<ValueTask<TResult>> function) : ForeignWork
    {
        // The caller's code must not run on the shard because the shard completes its task.
        private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<TResult> Task => _completion.Task;

        internal override void Run() => _ = RunAsync();

        private async Task RunAsync()
        {
            try
            {
                _completion.SetResult(await function());
            }
            catch (OperationCanceledException exception)
            {
                _completion.SetCanceled(exception.CancellationToken);
            }
            catch (Exception exception)
            {
                _completion.SetException(exception);
            }
        }
    }

    /// <summary>What the shard's synchronization context posts to.</summary>
    private sealed class PostTarget(Shard shard) : IPostTarget
    {
        public bool IsCurrent => shard.IsOnShard;

        /// <remarks>
        /// A continuation that comes home after its shard has stopped runs on the thread pool instead: it is not lost,
        /// its <c>finally</c> blocks run, and what it tries on the shard's objects fails with an exception.
        /// </remarks>
        public void Post(SendOrPostCallback callback, object? state)
        {
            var work = new PostedContinuation(callback, state);
            if (shard.IsOnShard && !shard._hasStopped)
            {
                shard._runQueue.Enqueue(s_runForeignWork, work);
            }
            else if (!shard.TrySend(work))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static state => state.Run(), work, preferLocal: false);
            }
        }
    }
}
