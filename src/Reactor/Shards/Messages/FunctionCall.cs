namespace Reactor.Shards;

/// <summary>A call of a function that answers at once.</summary>
internal sealed class FunctionCall<TState, TResult> : ShardCall<TResult>
{
    private Func<TState, TResult>? _function;
    private TState _state = default!;

    private FunctionCall(Shard origin)
        : base(origin)
    {
    }

    internal static FunctionCall<TState, TResult> Rent(Shard origin, Func<TState, TResult> function, TState state)
    {
        FunctionCall<TState, TResult> call = Pool<FunctionCall<TState, TResult>>.Rent() ?? new FunctionCall<TState, TResult>(origin);
        call._function = function;
        call._state = state;
        return call;
    }

    internal override object? Code => Invocation.CodeOf(_function, _state);

    protected override void Invoke() => Answer(_function!(_state));

    protected override void Recycle()
    {
        _function = null;
        _state = default!;
        Pool<FunctionCall<TState, TResult>>.Return(this);
    }
}
