using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reactor.Primitives;

/// <summary>The checks at the public doors of primitives.</summary>
/// <remarks>
/// A stopped shard has no wrong thread, and its last continuations may run on many at once: so that nothing unlocked is
/// written then, what takes is refused and what gives back does nothing.
/// </remarks>
internal static class PrimitiveAccess
{
    /// <summary>For doors that take or wait: throws unless on the shard, and when that has stopped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void VerifyRunning(this Shard shard)
    {
        if (!shard.IsOnShard)
        {
            ThrowNotRunning(shard);
        }
    }

    /// <summary>For doors that give back: throws on a wrong shard; false when the shard has stopped, and nothing is to be done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsRunning(this Shard shard)
    {
        if (shard.IsOnShard)
        {
            return true;
        }

        shard.VerifyAccess();
        return false;
    }

    internal static void VerifyTimeout(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "A timeout is zero or more, or Timeout.InfiniteTimeSpan for none.");
        }
    }

    [DoesNotReturn]
    private static void ThrowNotRunning(Shard shard)
    {
        shard.VerifyAccess();
        throw shard.HasStoppedException();
    }
}
