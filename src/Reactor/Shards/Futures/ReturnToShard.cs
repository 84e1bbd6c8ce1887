using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// Awaited by code of a shard that may have ended up elsewhere, on another thread or in another scheduling group, after a
/// foreign task without a synchronization context: it goes on on the shard and in its group. When the shard has stopped, it
/// goes on wherever it can.
/// </summary>
internal readonly struct ReturnToShard(Shard shard, SchedulingGroup group) : ICriticalNotifyCompletion
{
    public bool IsCompleted => shard.IsOnShard && (shard.CurrentQueue.Group == group || shard.HasStopped);

    public ReturnToShard GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        var work = new PostedAction<Action>(static next => next(), continuation) { Group = group };
        if (shard.IsOnShard)
        {
            shard.Schedule(work);
        }
        else if (!shard.TrySend(work))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
        }
    }
}
