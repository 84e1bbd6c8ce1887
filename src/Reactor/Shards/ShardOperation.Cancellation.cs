using System.Diagnostics;

namespace Reactor.Shards;

// Cancellation: a token may fire on any thread, and the operation is ended on its shard.
internal abstract partial class ShardOperation<TResult>
{
    private CancellationHook? _hook;
    private bool _observesCancellation;

    private void ObserveCancellation(CancellationToken token)
    {
        _observesCancellation = true;
        _hook ??= new CancellationHook(this);
        _hook.Observe(token);
    }

    private void StopObservingCancellation()
    {
        if (_observesCancellation)
        {
            _observesCancellation = false;
            if (!_hook!.TryDetach())
            {
                _hook = null;
            }
        }
    }

    private void Cancel(CancellationToken token) => Abort(new OperationCanceledException(token));

    /// <summary>
    /// Stands between a token and the operation, for one await after the other. If the token fires while the operation
    /// completes, the hook is on its way to the shard; it is then cut off from the operation and a new one is made, so
    /// that an old cancellation cannot end a later await.
    /// </summary>
    private sealed class CancellationHook(ShardOperation<TResult> operation) : ForeignWork
    {
        private readonly Shard _shard = operation.Shard;
        private ShardOperation<TResult>? _operation = operation;
        private CancellationToken _token;
        private CancellationTokenRegistration _registration;

        internal void Observe(CancellationToken token)
        {
            _token = token;
            CancellationTokenRegistration registration = token.UnsafeRegister(static hook => ((CancellationHook)hook!).Fire(), this);
            if (_operation?._observesCancellation == true)
            {
                _registration = registration;
            }
        }

        /// <summary>Ends the observation; true if the hook can serve again, because the token has not fired.</summary>
        internal bool TryDetach()
        {
            bool unregistered = _registration.Unregister();
            _registration = default;
            if (!unregistered)
            {
                _operation = null;
            }

            return unregistered;
        }

        internal override void Run()
        {
            Debug.Assert(_shard.IsOnShard, "the operation is not locked");
            _operation?.Cancel(_token);
        }

        private void Fire()
        {
            if (_shard.IsOnShard)
            {
                Run();
            }
            else
            {
                // False when the shard has stopped: that has ended the operation already.
                _shard.TrySend(this);
            }
        }
    }
}
