using System.IO.Pipelines;
using Reactor.Shards;

namespace Reactor.Net.Kestrel;

/// <summary>Brings the continuations of a connection's pipes to its shard, mostly without an allocation: each pipe has one at a time.</summary>
internal sealed class ShardPipeScheduler(Shard shard) : PipeScheduler
{
    private Continuation? _free;

    public override void Schedule(Action<object?> action, object? state)
    {
        Continuation continuation = Interlocked.Exchange(ref _free, null) ?? new Continuation(this);
        continuation.Set(action, state);
        if (shard.IsOnShard && !shard.HasStopped)
        {
            shard.Schedule(continuation);
        }
        else if (!shard.TrySend(continuation))
        {
            // It finds the connection closed, wherever it runs.
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(static continuation => continuation.Run(), continuation, preferLocal: false);
        }
    }

    private sealed class Continuation(ShardPipeScheduler scheduler) : ShardWork
    {
        private Action<object?>? _action;
        private object? _state;

        internal override object? Code => _action;

        internal void Set(Action<object?> action, object? state) => (_action, _state) = (action, state);

        internal override void Run()
        {
            (Action<object?> action, object? state) = (_action!, _state);
            Set(null!, null);
            Volatile.Write(ref scheduler._free, this);
            action(state);
        }
    }
}
