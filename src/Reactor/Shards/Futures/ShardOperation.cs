using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Reactor.Polling;

namespace Reactor.Shards;

/// <summary>
/// A future that waits in a poll slot, is tried again when the slot is ready, and resumes its awaiter on the shard. It
/// belongs to one direction of one object and is used over and over, one await at a time.
/// </summary>
/// <remarks>
/// Its life: <c>Begin</c> (pending) → completed, by <see cref="Attempt"/>, by <see cref="Abort"/> or by cancellation →
/// <c>GetResult</c> (idle again). It stands in the run queue at most once at any time.
/// </remarks>
internal abstract class ShardOperation<TResult>(Shard shard, int handle, PollDirection direction) : PollWaiter, IValueTaskSource<TResult>, IValueTaskSource, ICancellable
{
    private static readonly Action<object?> s_run = static operation => Unsafe.As<ShardOperation<TResult>>(operation!).Run();

    private FutureCore<TResult> _future;
    private CancellationObserver _cancellation;
    private int _pollResult;

    // In the run queue, because the slot was ready or because the operation has completed.
    private bool _isQueued;

    // To be tried. What the slot has told an operation that was then given up is not for the next one: that has a poll of
    // its own, and a wait for readiness would end by what was.
    private bool _isToTry;

    // Inside Run, which resumes the awaiter itself when the attempt completes the operation.
    private bool _isRunning;

    /// <summary>Whether somebody awaits it, or may still do so.</summary>
    internal bool IsBusy => !_future.IsIdle;

    public Shard Shard { get; } = shard;

    /// <summary>
    /// Tries the operation and either calls <see cref="Complete"/> or <see cref="Fail"/>, or arms its poll again because
    /// the readiness was a false hint. <paramref name="pollResult"/> is negative, an errno, when the poll was refused.
    /// </summary>
    protected abstract void Attempt(int pollResult);

    /// <summary>Lets go of what the caller lent (buffers) once the result has been taken.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Waits in its slot for the next readiness; before <see cref="Begin"/>, or in an attempt that has found nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Arm() => Shard.Polls.Arm(handle, direction, this);

    /// <summary>What the caller awaits, once begun.</summary>
    protected ValueTask<TResult> Future => new(this, _future.Version);

    /// <summary>The same for operations whose end is their only result.</summary>
    protected ValueTask VoidFuture => new(this, _future.Version);

    /// <summary>Makes the operation pending. Its poll is armed before; if the token has fired already, it ends here.</summary>
    protected void Begin(CancellationToken cancellationToken)
    {
        _future.Begin(Shard);
        _pollResult = 0;
        _isToTry = false;
        if (cancellationToken.CanBeCanceled)
        {
            CancellationObserver.Observe(ref _cancellation, this, cancellationToken);
        }
    }

    /// <summary>Makes the operation pending and has it attempted in the next turn, without a poll.</summary>
    protected void BeginReady(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        _isToTry = true;
        Enqueue();
    }

    /// <inheritdoc cref="FutureCore{TResult}.ServesLibraries"/>
    internal bool ServesLibraries
    {
        set => _future.ServesLibraries = value;
    }

    /// <summary>Whether it has not completed yet.</summary>
    protected bool IsPending => _future.IsPending;

    /// <summary>Ends a pending operation with a result, without an attempt.</summary>
    protected void End(TResult result)
    {
        Shard.Polls.Abandon(handle, direction);
        Complete(result);
    }

    /// <summary>Ends a pending operation with a failure; nothing happens if it is not pending.</summary>
    internal void Abort(Exception error)
    {
        if (_future.IsPending)
        {
            Shard.Polls.Abandon(handle, direction);
            Fail(error);
        }
    }

    void ICancellable.Cancel(CancellationToken token) => Abort(new OperationCanceledException(token));

    protected void Complete(TResult result)
    {
        _future.SetResult(result);
        Finish();
    }

    protected void Fail(Exception error)
    {
        _future.SetException(error);
        Finish();
    }

    internal sealed override void OnReady(int result)
    {
        _pollResult = result;
        _isToTry = true;
        Enqueue();
    }

    private void Finish()
    {
        _cancellation.Stop();
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
            _future.Queue.Enqueue(s_run, this);
        }
    }

    /// <summary>Hot path: once per event, from the run queue.</summary>
    private void Run()
    {
        _isQueued = false;
        if (_isToTry && _future.IsPending)
        {
            _isToTry = false;
            _isRunning = true;
            try
            {
                Attempt(_pollResult);
            }
            catch (Exception exception) when (_future.IsPending)
            {
                // A buffer of the caller's own making may throw when it is touched: that is the caller's to see.
                Fail(exception);
            }
            finally
            {
                _isRunning = false;
            }
        }

        if (_future.IsCompleted)
        {
            _future.Resume(Shard);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _future.GetStatus(Shard, token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _future.GetStatus(Shard, token);

    TResult IValueTaskSource<TResult>.GetResult(short token) => GetResult(token);

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    void IValueTaskSource<TResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, token, flags);

    private TResult GetResult(short token)
    {
        TResult result = _future.Take(token, out ExceptionDispatchInfo? error);
        Release();
        error?.Throw();
        return result;
    }

    private void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (_future.OnCompleted(Shard, continuation, state, token, flags))
        {
            Enqueue();
        }
    }
}
