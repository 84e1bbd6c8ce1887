using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>A function that runs in another scheduling group of the same shard, and the future of its end.</summary>
internal sealed class GroupRun<TState, TResult> : ShardFuture<TResult>
{
    private static readonly Action<object?> s_invoke = static run => Unsafe.As<GroupRun<TState, TResult>>(run!).Invoke();

    private readonly Action _end;
    private Func<TState, ValueTask<TResult>>? _function;
    private TState _state = default!;
    private ValueTaskAwaiter<TResult> _awaiter;

    private GroupRun(Shard shard)
        : base(shard) =>
        _end = End;

    internal static GroupRun<TState, TResult> Start(Shard shard, SchedulingGroup group, Func<TState, ValueTask<TResult>> function, TState state)
    {
        GroupRun<TState, TResult> run = Pool<GroupRun<TState, TResult>>.Rent() ?? new GroupRun<TState, TResult>(shard);
        run._function = function;
        run._state = state;
        run.Begin();
        shard.QueueOf(group).Enqueue(s_invoke, run);
        return run;
    }

    internal override object? Code => Invocation.CodeOf(_function, _state);

    protected override void OnTaken()
    {
        _function = null;
        _state = default!;
        _awaiter = default;
        if (Shard.IsOnShard)
        {
            Pool<GroupRun<TState, TResult>>.Return(this);
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is kept for End, which takes the result once.")]
    private void Invoke()
    {
        try
        {
            _awaiter = _function!(_state).GetAwaiter();
        }
        catch (Exception exception)
        {
            SetException(exception);
            ResumeInTurn();
            return;
        }

        if (_awaiter.IsCompleted)
        {
            End();
        }
        else
        {
            _awaiter.UnsafeOnCompleted(_end);
        }
    }

    private void End()
    {
        if (!Shard.IsOnShard)
        {
            // A foreign await with no synchronization context to bring it home. False when the shard has stopped: then
            // there is nobody to be resumed either.
            Shard.TrySend(new PostedAction<Action>(static end => end(), _end));
            return;
        }

        try
        {
            SetResult(_awaiter.GetResult());
        }
        catch (Exception exception)
        {
            SetException(exception);
        }

        ResumeInTurn();
    }
}
