namespace Reactor.Shards;

/// <summary>A call from a thread that is no shard of the host. Its answer is a task of ordinary .NET.</summary>
internal abstract class ForeignCall<TResult> : ShardWork
{
    // The caller's code must not run on the shard because the shard completes its task.
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _cancellation;

    private protected ForeignCall(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (call, token) => ((ForeignCall<TResult>)call!)._completion.TrySetCanceled(token), this);
        }
    }

    internal Task<TResult> Task => _completion.Task;

    /// <summary>Ended before its time: cancelled by the caller, or given up by the shard.</summary>
    protected bool HasEnded => _completion.Task.IsCompleted;

    protected void Answer(TResult result)
    {
        _cancellation.Unregister();
        _completion.TrySetResult(result);
    }

    protected void AnswerWithFailure(Exception exception)
    {
        _cancellation.Unregister();
        _completion.TrySetFromTask(FailedTask.From<TResult>(exception));
    }
}

/// <summary>A foreign call of a function that answers at once.</summary>
internal sealed class ForeignFunctionCall<TState, TResult>(Func<TState, TResult> function, TState state, CancellationToken cancellationToken)
    : ForeignCall<TResult>(cancellationToken)
{
    internal override object? Code => Invocation.CodeOf(function, state);

    internal override void Run()
    {
        if (HasEnded)
        {
            return;
        }

        try
        {
            Answer(function(state));
        }
        catch (Exception exception)
        {
            AnswerWithFailure(exception);
        }
    }
}

/// <summary>A foreign call of an async function, which answers when its task has ended.</summary>
internal sealed class ForeignAsyncFunctionCall<TState, TResult>(Shard shard, Func<TState, ValueTask<TResult>> function, TState state, CancellationToken cancellationToken)
    : ForeignCall<TResult>(cancellationToken), IUnfinishedCall
{
    internal override object? Code => Invocation.CodeOf(function, state);

    internal override void Run()
    {
        if (!HasEnded)
        {
            _ = RunAsync();
        }
    }

    void IUnfinishedCall.GiveUp(Exception reason) => AnswerWithFailure(reason);

    private async Task RunAsync()
    {
        try
        {
            ValueTask<TResult> pending = function(state);
            if (!pending.IsCompleted && shard.IsOnShard)
            {
                shard.BeginUnfinished(this);
            }

            Answer(await pending);
        }
        catch (Exception exception)
        {
            AnswerWithFailure(exception);
        }

        if (shard.IsOnShard)
        {
            shard.EndUnfinished(this);
        }
        else
        {
            // Without a synchronization context the function may end elsewhere, but the list is the shard's. A shard that
            // has stopped has no list any more.
            shard.TrySend(new PostedAction<ForeignAsyncFunctionCall<TState, TResult>>(static call => call.EndUnfinished(), this));
        }
    }

    private void EndUnfinished() => shard.EndUnfinished(this);
}
