using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// Awaited by code of a shard that may have ended up elsewhere, after a foreign task without a synchronization context: it
/// goes on on the shard. When the shard has stopped, it goes on wherever it can.
/// </summary>
internal readonly struct ReturnToShard(Shard shard) : ICriticalNotifyCompletion
{
    public bool IsCompleted => shard.IsOnShard;

    public ReturnToShard GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (!shard.TrySend(new PostedAction<Action>(static next => next(), continuation)))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
        }
    }
}
