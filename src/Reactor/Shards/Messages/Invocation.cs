using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// What InvokeAsync has begun, whichever way it went: a call on its way to another shard, or what the function itself
/// returned. One of its two views is taken, once.
/// </summary>
internal readonly struct Invocation<TResult>
{
    private readonly ShardCall<TResult>? _call;
    private readonly ValueTask<TResult> _result;

    internal Invocation(ShardCall<TResult> call)
    {
        _call = call;
        _result = call.Future;
    }

    internal Invocation(ValueTask<TResult> result) => _result = result;

    internal ValueTask<TResult> WithResult => _result;

    internal ValueTask WithoutResult
    {
        get
        {
            if (_call is not null)
            {
                return _call.VoidFuture;
            }

            if (_result.IsCompletedSuccessfully)
            {
                // Taken, so that what is behind it can be used again.
                _ = _result.Result;
                return default;
            }

            return new ValueTask(_result.AsTask());
        }
    }
}

/// <summary>About what is invoked.</summary>
internal static class Invocation
{
    /// <summary>The user's code in a call: what was wrapped to fit, if anything was.</summary>
    internal static Delegate? CodeOf<TState>(Delegate? function, TState state) => state switch
    {
        Delegate inner => inner,
        ITuple { Length: > 0 } pair when pair[0] is Delegate inner => inner,
        _ => function,
    };
}
