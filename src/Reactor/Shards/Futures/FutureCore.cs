using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Reactor.Scheduling;

namespace Reactor.Shards;

/// <summary>
/// The state of a future of one shard: its result, and who awaits it. Embedded in the objects that implement
/// <see cref="IValueTaskSource{TResult}"/>, which are used over and over, one await at a time, so that awaiting allocates
/// nothing.
/// </summary>
/// <remarks>
/// Its life: <see cref="Begin"/> (pending) → <see cref="SetResult"/> or <see cref="SetException(Exception)"/> (completed) →
/// <see cref="Take"/> (idle again). Who completes it puts the owner into the run queue, and <see cref="Resume"/> then runs
/// the awaiter inline: <see cref="ValueTaskSourceOnCompletedFlags.UseSchedulingContext"/> is ignored, because a future is
/// awaited on its shard and completes there.
/// </remarks>
internal struct FutureCore<TResult>
{
    private TResult _result;
    private ExceptionDispatchInfo? _error;
    private Action<object?>? _continuation;
    private object? _continuationState;
    private ExecutionContext? _executionContext;
    private GroupQueue _queue;
    private short _version;
    private FutureState _state;

    // This await is one with ConfigureAwait(false), and they leave the context.
    private bool _leavesContext;

    /// <summary>What the next await is recognised by.</summary>
    internal readonly short Version => _version;

    internal readonly bool IsIdle => _state == FutureState.Idle;

    internal readonly bool IsPending => _state == FutureState.Pending;

    internal readonly bool IsCompleted => _state == FutureState.Completed;

    /// <summary>Whether somebody waits for the end, who is then to be resumed from the run queue.</summary>
    internal readonly bool IsAwaited => _continuation is not null;

    /// <summary>The queue of the scheduling group that awaits it, or began it if nobody awaits it yet.</summary>
    internal readonly GroupQueue Queue => _queue;

    /// <summary>
    /// Whether an await with ConfigureAwait(false) goes on without the shard's synchronization context, though on the shard.
    /// For what libraries await: SslStream, for one, awaits in this way, then ends tasks of its own, which it awaits in this
    /// way too, and these would go on in the thread pool if they ended under a context. Without it the whole of the library
    /// stays on the shard, and whoever awaits the library comes home by the context.
    /// </summary>
    internal bool ServesLibraries { readonly get; set; }

    internal void Begin(Shard shard)
    {
        Debug.Assert(_state == FutureState.Idle, "one await at a time; the public method checks");
        _state = FutureState.Pending;
        _queue = shard.CurrentQueue;
    }

    internal void SetResult(TResult result)
    {
        Debug.Assert(_state == FutureState.Pending, "completed twice");
        _result = result;
        _state = FutureState.Completed;
    }

    internal void SetException(Exception error) => SetException(ExceptionDispatchInfo.Capture(error));

    /// <summary>
    /// Completes with a failure that others share. It is captured once for all: an exception that is captured again each
    /// time it is thrown grows by the stacks of all who have caught it, and the time that takes by their square.
    /// </summary>
    internal void SetException(ExceptionDispatchInfo error)
    {
        Debug.Assert(_state == FutureState.Pending, "completed twice");
        _error = error;
        _state = FutureState.Completed;
    }

    /// <summary>Runs the awaiter, if there is one yet.</summary>
    /// <remarks>Hot path: once per await.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Resume(Shard shard)
    {
        if (_continuation is { } continuation)
        {
            object? state = _continuationState;
            _continuation = null;
            _continuationState = null;
            shard.NowRuns(state);
            if (_leavesContext)
            {
                // The loop puts it back.
                SynchronizationContext.SetSynchronizationContext(null);
            }

            if (_executionContext is null)
            {
                continuation(state);
            }
            else
            {
                ResumeInContext(continuation, state);
            }
        }
    }

    /// <remarks>
    /// Misuse is told here rather than in <see cref="OnCompleted"/>. What is thrown here comes out of the await; what leaves
    /// OnCompleted is rethrown on the thread pool by the awaiting method's builder, and ends the process.
    /// </remarks>
    internal readonly ValueTaskSourceStatus GetStatus(Shard shard, short token)
    {
        shard.VerifyAccess();
        ThrowIfStale(token);
        if (_state == FutureState.Pending)
        {
            ThrowIfAwaited();
        }

        return _state switch
        {
            FutureState.Pending => ValueTaskSourceStatus.Pending,
            _ when _error is null => ValueTaskSourceStatus.Succeeded,
            _ when _error.SourceException is OperationCanceledException => ValueTaskSourceStatus.Canceled,
            _ => ValueTaskSourceStatus.Faulted,
        };
    }

    /// <summary>Takes the outcome, after which the future is idle. The owner cleans up, then throws the error if there is one: with the stack of where it was thrown first.</summary>
    internal TResult Take(short token, out ExceptionDispatchInfo? error)
    {
        ThrowIfStale(token);
        if (_state == FutureState.Pending)
        {
            throw new InvalidOperationException("The operation has not completed. Await it; a shard must not block on its own work.");
        }

        TResult result = _result;
        error = _error;
        _result = default!;
        _error = null;
        _version++;
        _state = FutureState.Idle;
        return result;
    }

    /// <summary>Remembers the awaiter. True when the future has completed already, so that its owner is to be queued.</summary>
    internal bool OnCompleted(Shard shard, Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        shard.VerifyAccess();
        ThrowIfStale(token);
        ThrowIfAwaited();
        _continuation = continuation;
        _continuationState = state;
        _queue = shard.CurrentQueue;
        _leavesContext = ServesLibraries && (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) == 0;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            // An async method's own awaiter flows its context itself and does not ask for it here.
            _executionContext = ExecutionContext.Capture();
        }

        return _state == FutureState.Completed;
    }

    private void ResumeInContext(Action<object?> continuation, object? state)
    {
        ExecutionContext context = _executionContext!;
        _executionContext = null;
        ExecutionContext.Run(
            context,
            static pair =>
            {
                (Action<object?> callback, object? argument) = ((Action<object?>, object?))pair!;
                callback(argument);
            },
            (continuation, state));
    }

    private readonly void ThrowIfAwaited()
    {
        if (_continuation is not null)
        {
            throw new InvalidOperationException("The operation is awaited already. A ValueTask may be awaited once.");
        }
    }

    private readonly void ThrowIfStale(short token)
    {
        if (token != _version || _state == FutureState.Idle)
        {
            throw new InvalidOperationException("The ValueTask has been consumed already. It may be awaited once.");
        }
    }
}

/// <summary>Where a future is in its life.</summary>
internal enum FutureState : byte
{
    Idle,
    Pending,
    Completed,
}
