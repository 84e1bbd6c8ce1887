using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Reactor.Scheduling;

namespace Reactor.Shards;

/// <summary>
/// A future of a shard that something other than a poll completes: another shard's answer, a timer, a primitive. It is
/// itself the work that resumes its awaiter.
/// </summary>
internal abstract class ShardFuture<TResult>(Shard shard) : ShardWork, IValueTaskSource<TResult>, IValueTaskSource
{
    private FutureCore<TResult> _future;

    /// <summary>The shard on which it is awaited and completed.</summary>
    public Shard Shard { get; } = shard;

    /// <summary>What the caller awaits, once begun.</summary>
    internal ValueTask<TResult> Future => new(this, _future.Version);

    /// <summary>The same for those whose end is their only result.</summary>
    internal ValueTask VoidFuture => new(this, _future.Version);

    /// <summary>What <see cref="Future"/> is recognised by, for those who offer it to their callers as something else.</summary>
    internal short Version => _future.Version;

    internal bool IsPending => _future.IsPending;

    /// <summary>Neither pending nor waiting for its outcome to be taken.</summary>
    protected bool IsIdle => _future.IsIdle;

    /// <summary>The outcome has been taken: the object may be given back to its pool.</summary>
    protected abstract void OnTaken();

    /// <inheritdoc cref="FutureCore{TResult}.ServesLibraries"/>
    internal bool ServesLibraries
    {
        set => _future.ServesLibraries = value;
    }

    protected void Begin() => _future.Begin(Shard);

    protected void SetResult(TResult result) => _future.SetResult(result);

    protected void SetException(Exception error) => _future.SetException(error);

    protected void SetException(ExceptionDispatchInfo error) => _future.SetException(error);

    /// <summary>Resumes the awaiter inline; from the run queue only.</summary>
    protected void Resume() => _future.Resume(Shard);

    /// <summary>Has the awaiter of a completed future resumed in its turn. If nobody awaits it yet, the await will do so.</summary>
    protected void ResumeInTurn()
    {
        if (_future.IsAwaited)
        {
            Enqueue();
        }
    }

    /// <summary>The queue of the scheduling group that awaits it.</summary>
    protected GroupQueue Queue => _future.Queue;

    /// <summary>Puts the resumption into the run queue of the group that awaits it.</summary>
    protected virtual void Enqueue() => Queue.Enqueue(RunCallback, this);

    internal override void Run() => Resume();

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
        OnTaken();
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
