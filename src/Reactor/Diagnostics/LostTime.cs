namespace Reactor.Diagnostics;

/// <summary>Time that a shard's thread could not use whatever its code was, in Stopwatch ticks since some beginning.</summary>
/// <param name="Collecting">The garbage collector held all threads.</param>
/// <param name="NotScheduled">The thread was ready and had no CPU.</param>
/// <param name="Unseen">The watcher did not run either: the process was stopped, or the machine was asleep.</param>
internal readonly record struct LostTime(long Collecting, long NotScheduled, long Unseen)
{
    public static LostTime operator -(LostTime later, LostTime earlier) =>
        new(later.Collecting - earlier.Collecting, later.NotScheduled - earlier.NotScheduled, later.Unseen - earlier.Unseen);
}
