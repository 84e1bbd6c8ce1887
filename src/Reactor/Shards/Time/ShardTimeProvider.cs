namespace Reactor.Shards;

/// <summary>
/// The system's clock, with timers that fire on a shard: what lets .NET's own classes that take a
/// <see cref="TimeProvider"/> keep their time there.
/// </summary>
internal sealed class ShardTimeProvider(Shard shard) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var schedule = TimerSchedule.From(dueTime, period);
        var timer = new ShardTimer(shard, callback, state);
        timer.Set(schedule);
        return timer;
    }
}
