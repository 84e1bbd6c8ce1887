using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>What a shard has begun for somebody else and not finished: it is given up when the shard stops, so that nobody waits for ever.</summary>
internal interface IUnfinishedCall
{
    /// <summary>On the shard that runs it: the caller gets this exception now.</summary>
    void GiveUp(Exception reason);
}

/// <summary>A call of an async function, which answers when its task has ended.</summary>
internal sealed class AsyncFunctionCall<TState, TResult> : ShardCall<TResult>, IUnfinishedCall
{
    private readonly Action _continue;
    private Func<TState, ValueTask<TResult>>? _function;
    private TState _state = default!;
    private ValueTaskAwaiter<TResult> _awaiter;

    // The target has answered although the function has not ended: the object must not be used again, because the
    // function's end still calls it.
    private bool _isGivenUp;

    private AsyncFunctionCall(Shard origin)
        : base(origin) =>
        _continue = Continue;

    internal static AsyncFunctionCall<TState, TResult> Rent(Shard origin, Func<TState, ValueTask<TResult>> function, TState state)
    {
        AsyncFunctionCall<TState, TResult> call = Pool<AsyncFunctionCall<TState, TResult>>.Rent() ?? new AsyncFunctionCall<TState, TResult>(origin);
        call._function = function;
        call._state = state;
        return call;
    }

    internal override object? Code => Invocation.CodeOf(_function, _state);

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is kept for Continue, which takes the result once.")]
    protected override void Invoke()
    {
        _awaiter = _function!(_state).GetAwaiter();
        if (_awaiter.IsCompleted)
        {
            Answer(_awaiter.GetResult());
            return;
        }

        Target.BeginUnfinished(this);
        _awaiter.UnsafeOnCompleted(_continue);
    }

    void IUnfinishedCall.GiveUp(Exception reason)
    {
        _isGivenUp = true;
        AnswerWithFailure(reason);
    }

    protected override void Recycle()
    {
        _function = null;
        _state = default!;
        _awaiter = default;
        if (!_isGivenUp)
        {
            Pool<AsyncFunctionCall<TState, TResult>>.Return(this);
        }
    }

    private void Continue()
    {
        if (!Target.IsOnShard)
        {
            // A foreign await with no synchronization context to bring it home. If the shard has stopped, the call has
            // been given up.
            Target.TrySend(new PostedAction<Action>(static next => next(), _continue));
            return;
        }

        if (!Target.EndUnfinished(this))
        {
            return;
        }

        TResult answer;
        try
        {
            answer = _awaiter.GetResult();
        }
        catch (Exception exception)
        {
            AnswerWithFailure(exception);
            return;
        }

        Answer(answer);
    }
}
