using System.Runtime.ExceptionServices;
using Reactor.Timers;

namespace Reactor.Shards;

/// <summary>What a stopping shard ends, so that nobody waits for ever.</summary>
internal interface IEndsAtStop
{
    void EndAtStop(Exception reason);
}

/// <summary>
/// A future that somebody on the same shard completes, or that ends without it: by its time, by its token, by the end of
/// the shard. A delay waits for the time alone; the waiters of primitives derive from it.
/// </summary>
internal abstract class ShardWait<TResult>(Shard shard) : ShardFuture<TResult>(shard), ICancellable, IEndsAtStop
{
    private CancellationObserver _cancellation;
    private WaitTimer? _timer;

    /// <summary>Completes the wait; it must be pending.</summary>
    internal void Complete(TResult result)
    {
        End();
        SetResult(result);
        ResumeInTurn();
    }

    /// <summary>Completes the wait with a failure; it must be pending.</summary>
    internal void Fail(Exception error) => Fail(ExceptionDispatchInfo.Capture(error));

    /// <summary>Completes the wait with a failure that it shares with others; it must be pending.</summary>
    internal void Fail(ExceptionDispatchInfo error)
    {
        End();
        SetException(error);
        ResumeInTurn();
    }

    /// <summary>Makes the wait pending, and ready for whoever completes it. If the token has fired already, it ends here.</summary>
    /// <param name="timeout">After which <see cref="OnTime"/> is called; <see cref="Timeout.InfiniteTimeSpan"/> for never.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    protected void Begin(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Begin();
        if (!Shard.TryAddWait(this, out Exception? refusal))
        {
            OnAbandoned();
            SetException(refusal);
            return;
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            Shard.ArmTimer(_timer ??= new WaitTimer(this), timeout);
        }

        if (cancellationToken.CanBeCanceled)
        {
            CancellationObserver.Observe(ref _cancellation, this, cancellationToken);
        }
    }

    /// <summary>The time is over and the wait still pending: completes or fails it.</summary>
    protected abstract void OnTime();

    /// <summary>The wait is about to fail without having been completed: takes it out of whatever list would complete it.</summary>
    protected abstract void OnAbandoned();

    /// <summary>Ends the wait without its being completed.</summary>
    protected void Abandon(Exception reason)
    {
        OnAbandoned();
        Fail(reason);
    }

    void ICancellable.Cancel(CancellationToken token)
    {
        if (IsPending)
        {
            Abandon(new OperationCanceledException(token));
        }
    }

    void IEndsAtStop.EndAtStop(Exception reason) => Abandon(reason);

    private void End()
    {
        Shard.RemoveWait(this);
        if (_timer is { IsArmed: true })
        {
            Shard.Timers.Cancel(_timer);
        }

        _cancellation.Stop();
    }

    private sealed class WaitTimer(ShardWait<TResult> wait) : TimerEntry
    {
        internal override void OnDue() => wait.OnTime();
    }
}
