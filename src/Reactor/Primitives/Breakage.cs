using System.Runtime.ExceptionServices;

namespace Reactor.Primitives;

/// <summary>
/// Why a primitive is broken, for those who wait and for all who come later. The exception is captured once for the ones
/// and once for the others, however many they are: captured at each throw it would grow by the stacks of all who catch it.
/// </summary>
internal sealed class Breakage<TResult>
{
    private readonly Task<TResult> _refusal;

    internal Breakage(Exception reason)
    {
        Reason = ExceptionDispatchInfo.Capture(reason);
        _refusal = Task.FromException<TResult>(reason);

        // Looked at, so that nobody is told of an unobserved exception when no one comes any more.
        _ = _refusal.Exception;
    }

    /// <summary>For those who wait.</summary>
    internal ExceptionDispatchInfo Reason { get; }

    /// <summary>For those who come later.</summary>
    internal ValueTask<TResult> Refusal => new(_refusal);

    /// <inheritdoc cref="Refusal"/>
    internal ValueTask VoidRefusal => new(_refusal);
}
