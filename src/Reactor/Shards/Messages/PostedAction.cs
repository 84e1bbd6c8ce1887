namespace Reactor.Shards;

/// <summary>An action that nobody waits for, from a foreign thread or from the shard itself.</summary>
internal sealed class PostedAction<TState>(Action<TState> action, TState state) : ShardWork
{
    internal override object? Code => Invocation.CodeOf(action, state);

    internal override void Run() => action(state);
}

/// <summary>An action that nobody waits for, from another shard of the same host. It comes home to be used again.</summary>
internal sealed class PostedCall<TState> : ShardWork
{
    private readonly Shard _origin;
    private Shard _target = null!;
    private Action<TState>? _action;
    private TState _state = default!;

    private PostedCall(Shard origin) => _origin = origin;

    internal static void Send(Shard origin, Shard target, Action<TState> action, TState state)
    {
        PostedCall<TState> call = Pool<PostedCall<TState>>.Rent() ?? new PostedCall<TState>(origin);
        call._target = target;
        call._action = action;
        call._state = state;
        origin.SendCall(target, call);
    }

    internal override object? Code => Invocation.CodeOf(_action, _state);

    internal override void Run()
    {
        if (_origin.IsOnShard)
        {
            _origin.CallIsHome();
            _action = null;
            _state = default!;
            Pool<PostedCall<TState>>.Return(this);
            return;
        }

        try
        {
            // What it throws is told by the loop to the target's UnhandledException.
            _action!(_state);
        }
        finally
        {
            _target.SendAnswer(_origin, this);
        }
    }
}
