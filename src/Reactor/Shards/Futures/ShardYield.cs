using System.Threading.Tasks.Sources;

namespace Reactor.Shards;

/// <summary>
/// What is awaited to let others have their turn: the awaiter goes to the end of its scheduling group's queue. There is one
/// for each shard, which any number may await at a time, for it keeps nothing of them.
/// </summary>
internal sealed class ShardYield(Shard shard) : IValueTaskSource<bool>, IValueTaskSource
{
    /// <summary>To be awaited once, at once.</summary>
    internal ValueTask Begin() => new(this, Version);

    /// <summary>The same for those who need a result: it is true.</summary>
    internal ValueTask<bool> BeginWithResult() => new(this, Version);

    /// <summary>Who asks without awaiting sees it completed in the next turn.</summary>
    private short Version => (short)shard.Counters.Turns;

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => GetStatus(token);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        GetResult();
        return true;
    }

    void IValueTaskSource.GetResult(short token) => GetResult();

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, flags);

    private ValueTaskSourceStatus GetStatus(short token)
    {
        shard.VerifyAccess();

        // After the last turn there is no next one.
        return token == Version && !shard.HasStopped ? ValueTaskSourceStatus.Pending : ValueTaskSourceStatus.Succeeded;
    }

    /// <remarks>A loop that yields would otherwise keep its shard from ever ending.</remarks>
    private void GetResult()
    {
        if (shard.HasStopped)
        {
            throw shard.HasStoppedException();
        }
    }

    private void OnCompleted(Action<object?> continuation, object? state, ValueTaskSourceOnCompletedFlags flags)
    {
        shard.VerifyAccess();
        shard.Counters.Yields++;

        // An async method's own awaiter flows its context itself and does not ask for it here.
        bool flows = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0;
        shard.CurrentQueue.Enqueue(flows ? Flowing(continuation) : continuation, state);
    }

    private static Action<object?> Flowing(Action<object?> continuation) =>
        ExecutionContext.Capture() is { } context
            ? state => ExecutionContext.Run(context, new ContextCallback(continuation), state)
            : continuation;
}
