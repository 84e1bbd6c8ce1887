using System.Diagnostics;

namespace Reactor.Shards;

/// <summary>What a token can end: a pending future of a shard.</summary>
internal interface ICancellable
{
    Shard Shard { get; }

    /// <summary>Ends the future; on its shard, and only while it observes the token.</summary>
    void Cancel(CancellationToken token);
}

/// <summary>
/// A future's view of the token given to it: from <see cref="Observe"/> until <see cref="Stop"/>. A token may fire on any
/// thread, and the future is ended on its shard.
/// </summary>
internal struct CancellationObserver
{
    private CancellationHook? _hook;
    private bool _isObserving;

    /// <summary>Begins to observe; if the token has fired already, the future ends here and now.</summary>
    /// <remarks>The observer is a field of the target's: <paramref name="self"/> is that field.</remarks>
    internal static void Observe(ref CancellationObserver self, ICancellable target, CancellationToken token)
    {
        self._isObserving = true;
        CancellationHook hook = self._hook ??= new CancellationHook(target);
        CancellationTokenRegistration registration = hook.Register(token);
        if (self._isObserving && self._hook == hook)
        {
            hook.Keep(registration);
        }
    }

    internal void Stop()
    {
        if (_isObserving)
        {
            _isObserving = false;
            if (!_hook!.TryDetach())
            {
                _hook = null;
            }
        }
    }
}

/// <summary>
/// Stands between a token and a future, for one await after the other. If the token fires while the future completes, the
/// hook is on its way to the shard; it is then cut off from the future and a new one is made, so that an old cancellation
/// cannot end a later await.
/// </summary>
internal sealed class CancellationHook(ICancellable target) : ShardWork
{
    private readonly Shard _shard = target.Shard;
    private ICancellable? _target = target;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    internal CancellationTokenRegistration Register(CancellationToken token)
    {
        _token = token;
        Group = _shard.CurrentQueue.Group;
        return token.UnsafeRegister(static hook => ((CancellationHook)hook!).Fire(), this);
    }

    internal void Keep(CancellationTokenRegistration registration) => _registration = registration;

    /// <summary>Ends the observation; true if the hook can serve again, because the token has not fired.</summary>
    internal bool TryDetach()
    {
        bool unregistered = _registration.Unregister();
        _registration = default;
        if (!unregistered)
        {
            _target = null;
        }

        return unregistered;
    }

    internal override void Run()
    {
        Debug.Assert(_shard.IsOnShard, "the future is not locked");
        _target?.Cancel(_token);
    }

    private void Fire()
    {
        if (_shard.IsOnShard)
        {
            Run();
        }
        else
        {
            // False when the shard has stopped: that has ended the future already.
            _shard.TrySend(this);
        }
    }
}
