using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// A call by a shard that no lane carries, because it goes to the shard itself or to another host, and that has not ended
/// at once. It ends like those that a lane carries: on the caller's shard, by its token, and when the shard stops.
/// </summary>
internal sealed class HomeCall<TResult> : ShardFuture<TResult>, ICancellable, IUnfinishedCall
{
    private readonly ValueTaskAwaiter<TResult> _function;
    private CancellationObserver _cancellation;

    private HomeCall(Shard home, ValueTaskAwaiter<TResult> function)
        : base(home) =>
        _function = function;

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is kept for Continue, which takes the result once.")]
    internal static ValueTask<TResult> Start(Shard home, ValueTask<TResult> pending, CancellationToken cancellationToken)
    {
        var call = new HomeCall<TResult>(home, pending.GetAwaiter());
        call.Begin();
        home.BeginUnfinished(call);
        if (cancellationToken.CanBeCanceled)
        {
            CancellationObserver.Observe(ref call._cancellation, call, cancellationToken);
        }

        call._function.UnsafeOnCompleted(call.Continue);
        return call.Future;
    }

    void ICancellable.Cancel(CancellationToken token)
    {
        if (IsPending)
        {
            Shard.EndUnfinished(this);
            Fail(new OperationCanceledException(token));
        }
    }

    void IUnfinishedCall.GiveUp(Exception reason) => Fail(reason);

    protected override void OnTaken()
    {
    }

    private void Continue()
    {
        if (!Shard.IsOnShard)
        {
            // If the shard has stopped, the call has been given up.
            Shard.TrySend(new PostedAction<Action>(static next => next(), Continue));
            return;
        }

        TResult result;
        try
        {
            result = _function.GetResult();
        }
        catch (Exception exception)
        {
            if (Shard.EndUnfinished(this))
            {
                Fail(exception);
            }

            return;
        }

        if (Shard.EndUnfinished(this))
        {
            _cancellation.Stop();
            SetResult(result);
            ResumeInTurn();
        }
    }

    private void Fail(Exception error)
    {
        _cancellation.Stop();
        SetException(error);
        ResumeInTurn();
    }
}
