using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// The task of a function that threw, as that of an async method would be: cancelled by an
/// <see cref="OperationCanceledException"/>, which it keeps with its stack, and failed by anything else.
/// </summary>
internal static class FailedTask
{
    internal static Task<TResult> From<TResult>(Exception exception)
    {
        var builder = default(AsyncTaskMethodBuilder<TResult>);
        builder.SetException(exception);
        return builder.Task;
    }
}
