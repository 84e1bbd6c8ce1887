using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Reactor.Shards;

namespace Reactor.Primitives;

/// <summary>A body of a loop that is under way, until it ends. Used over and over, so that watching one allocates nothing.</summary>
internal sealed class RunningBody : ShardWork
{
    private readonly Shard _shard;
    private readonly Action _onEnded;
    private ParallelBodies _bodies = null!;
    private ValueTaskAwaiter _awaiter;

    private RunningBody(Shard shard)
    {
        _shard = shard;
        _onEnded = OnEnded;
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is kept for Run, which takes the result once.")]
    internal static void Watch(ParallelBodies bodies, ValueTask body)
    {
        RunningBody running = Pool<RunningBody>.Rent() ?? new RunningBody(bodies.Shard);
        running._bodies = bodies;
        running.Group = bodies.Group;
        running._awaiter = body.GetAwaiter();
        if (running._awaiter.IsCompleted)
        {
            running.Run();
        }
        else
        {
            running._awaiter.UnsafeOnCompleted(running._onEnded);
        }
    }

    internal override void Run()
    {
        ParallelBodies bodies = _bodies;
        Exception? failure = null;
        try
        {
            _awaiter.GetResult();
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        _bodies = null!;
        _awaiter = default;
        Pool<RunningBody>.Return(this);
        if (failure is not null)
        {
            bodies.OnFailed(failure);
        }

        bodies.LeavePlace();
    }

    private void OnEnded()
    {
        if (_shard.IsOnShard)
        {
            Run();
        }
        else
        {
            // It ended elsewhere, with no synchronization context to bring it home. When the shard has stopped, the loop has
            // ended without it.
            _shard.TrySend(this);
        }
    }
}
