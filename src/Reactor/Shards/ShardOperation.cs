using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Reactor.Polling;

namespace Reactor.Shards;

/// <summary>
/// A future of the shard: an operation that waits in a poll slot, is tried again when the slot is ready, and resumes its
/// awaiter on the shard. It belongs to one direction of one object and is used over and over, one await at a time, so
/// that awaiting allocates nothing.
/// </summary>
/// <remarks>
/// The awaiter is resumed inline from the run queue, without a post to the synchronization context:
/// <see cref="ValueTaskSourceOnCompletedFlags.UseSchedulingContext"/> is ignored, because the operation is awaited on its
/// shard and completes there.
/// <para>
/// Its life: <c>Begin</c> (pending) → completed, by <see cref="Attempt"/>, by <see cref="Abort"/> or by cancellation →
/// <c>GetResult</c> (idle again). It stands in the run queue at most once at any time.
/// </para>
/// </remarks>
internal abstract partial class ShardOperation<TResult> : PollWaiter, IValueTaskSource<TResult>, IValueTaskSource
{
    private static readonly Action<object?> s_run = static operation => Unsafe.As<ShardOperation<TResult>>(operation!).Run();

    private TResult _result = default!;
    private Exception? _error;
    private Action<object?>? _continuation;
    private object? _continuationState;
    private ExecutionContext? _executionContext;
    private int _pollResult;
    private short _version;
    private State _state;

    // In the run queue, because the slot was ready or because the operation has completed.
    private bool _isQueued;

    // Inside Run, which resumes the awaiter itself when the attempt completes the operation.
    private bool _isRunning;

    protected ShardOperation(Shard shard) => Shard = shard;

    private enum State : byte
    {
        Idle,
        Pending,
        Completed,
    }

    /// <summary>Whether somebody awaits it, or may still do so.</summary>
    internal bool IsBusy => _state != State.Idle;

    protected Shard Shard { get; }

    /// <summary>
    /// Tries the operation and either calls <see cref="Complete"/> or <see cref="Fail"/>, or arms its poll again because
    /// the readiness was a false hint. <paramref name="pollResult"/> is negative, an errno, when the poll was refused.
    /// </summary>
    protected abstract void Attempt(int pollResult);

    /// <summary>Takes the waiter out of its slot: the operation ends without an event.</summary>
    protected abstract void Abandon();

    /// <summary>Lets go of what the caller lent (buffers) once the result has been taken.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>What the caller awaits, once begun.</summary>
    protected ValueTask<TResult> Future => new(this, _version);

    /// <summary>The same for operations whose end is their only result.</summary>
    protected ValueTask VoidFuture => new(this, _version);

    /// <summary>Makes the operation pending. Its poll is armed before; if the token has fired already, it ends here.</summary>
    protected void Begin(CancellationToken cancellationToken)
    {
        Debug.Assert(_state == State.Idle, "one await at a time; the public method checks");
        _state = State.Pending;
        _pollResult = 0;
        if (cancellationToken.CanBeCanceled)
        {
            ObserveCancellation(cancellationToken);
        }
    }

    /// <summary>Makes the operation pending and has it attempted in the next turn, without a poll.</summary>
    protected void BeginReady(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        Enqueue();
    }

    /// <summary>Ends a pending operation with a failure; nothing happens if it is not pending.</summary>
    internal void Abort(Exception error)
    {
        if (_state == State.Pending)
        {
            Abandon();
            Fail(error);
        }
    }

    protected void Complete(TResult result)
    {
        Debug.Assert(_state == State.Pending, "completed twice");
        _result = result;
        Finish();
    }

    protected void Fail(Exception error)
    {
        Debug.Assert(_state == State.Pending, "completed twice");
        _error = error;
        Finish();
    }

    internal sealed override void OnReady(int result)
    {
        _pollResult = result;
        Enqueue();
    }

    private void Finish()
    {
        _state = State.Completed;
        StopObservingCancellation();
        if (!_isRunning)
        {
            Enqueue();
        }
    }

    private void Enqueue()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            Shard.Schedule(s_run, this);
        }
    }

    /// <summary>Hot path: once per event, from the run queue.</summary>
    private void Run()
    {
        _isQueued = false;
        if (_state == State.Pending)
        {
            _isRunning = true;
            try
            {
                Attempt(_pollResult);
            }
            catch (Exception exception) when (_state == State.Pending)
            {
                // A buffer of the caller's own making may throw when it is touched: that is the caller's to see.
                Fail(exception);
            }
            finally
            {
                _isRunning = false;
            }
        }

        if (_state == State.Completed && _continuation is { } continuation)
        {
            object? state = _continuationState;
            ExecutionContext? executionContext = _executionContext;
            _continuation = null;
            _continuationState = null;
            if (executionContext is null)
            {
                continuation(state);
            }
            else
            {
                _executionContext = null;
                ExecutionContext.Run(executionContext, static pair =>
                {
                    (Action<object?> callback, object? argument) = ((Action<object?>, object?))pair!;
                    callback(argument);
                }, (continuation, state));
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => GetStatus(token);

    TResult IValueTaskSource<TResult>.GetResult(short token) => GetResult(token);

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    void IValueTaskSource<TResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, token, flags);

    /// <remarks>
    /// Misuse is told here rather than in <see cref="OnCompleted"/>. What is thrown here comes out of the await; what leaves
    /// OnCompleted is rethrown on the thread pool by the awaiting method's builder, and ends the process.
    /// </remarks>
    private ValueTaskSourceStatus GetStatus(short token)
    {
        Shard.VerifyAccess();
        ThrowIfStale(token);
        if (_state == State.Pending)
        {
            ThrowIfAwaited();
        }

        return _state switch
        {
            State.Pending => ValueTaskSourceStatus.Pending,
            _ when _error is null => ValueTaskSourceStatus.Succeeded,
            _ when _error is OperationCanceledException => ValueTaskSourceStatus.Canceled,
            _ => ValueTaskSourceStatus.Faulted,
        };
    }

    private TResult GetResult(short token)
    {
        ThrowIfStale(token);
        if (_state == State.Pending)
        {
            throw new InvalidOperationException("The operation has not completed. Await it; a shard must not block on its own work.");
        }

        TResult result = _result;
        Exception? error = _error;
        _result = default!;
        _error = null;
        _version++;
        _state = State.Idle;
        Release();
        if (error is not null)
        {
            throw error;
        }

        return result;
    }

    private void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Shard.VerifyAccess();
        ThrowIfStale(token);
        ThrowIfAwaited();
        _continuation = continuation;
        _continuationState = state;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            // An async method's own awaiter flows its context itself and does not ask for it here.
            _executionContext = ExecutionContext.Capture();
        }

        if (_state == State.Completed)
        {
            Enqueue();
        }
    }

    private void ThrowIfAwaited()
    {
        if (_continuation is not null)
        {
            throw new InvalidOperationException("The operation is awaited already. A ValueTask may be awaited once.");
        }
    }

    private void ThrowIfStale(short token)
    {
        if (token != _version || _state == State.Idle)
        {
            throw new InvalidOperationException("The ValueTask has been consumed already. It may be awaited once.");
        }
    }
}
