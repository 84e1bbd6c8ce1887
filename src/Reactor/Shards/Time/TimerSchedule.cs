using System.Diagnostics;

namespace Reactor.Shards;

/// <summary>What a timer has been told: when to fire first, and how often from then on.</summary>
/// <param name="Deadline">In Stopwatch ticks; <see cref="Never"/> for not at all.</param>
/// <param name="Period">In Stopwatch ticks; zero for once.</param>
internal readonly record struct TimerSchedule(long Deadline, long Period)
{
    internal const long Never = long.MaxValue;

    /// <summary>The limit of .NET's own timers, which take over when the shard stops.</summary>
    internal const long MaxMilliseconds = uint.MaxValue - 1;

    /// <summary>Counts from now, with the limits of .NET's own timers but not their resolution: what is less than a millisecond is not cut off.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, but not <see cref="Timeout.InfiniteTimeSpan"/>, or too long.</exception>
    internal static TimerSchedule From(TimeSpan dueTime, TimeSpan period)
    {
        bool fires = IsFinite(dueTime, nameof(dueTime));
        bool repeats = IsFinite(period, nameof(period)) && period > TimeSpan.Zero;
        return new TimerSchedule(fires ? Shard.DeadlineAfter(dueTime) : Never, repeats ? Shard.ToStopwatchTicks(period) : 0);
    }

    /// <summary>The first deadline after now that keeps the phase: what was missed meanwhile is not made up for.</summary>
    /// <param name="deadline">The last one, which is not after now.</param>
    /// <param name="now">In Stopwatch ticks.</param>
    internal long Following(long deadline, long now) => deadline + (((now - deadline) / Period) + 1) * Period;

    /// <summary>How long from now until the deadline, for one of .NET's own timers: rounded up to its resolution, so that it is not early.</summary>
    internal TimeSpan SystemDueTime => Deadline == Never
        ? Timeout.InfiniteTimeSpan
        : RoundUp(Math.Max(0, Deadline - Stopwatch.GetTimestamp()));

    /// <summary>The period, for one of .NET's own timers.</summary>
    internal TimeSpan SystemPeriod => Period == 0 ? Timeout.InfiniteTimeSpan : RoundUp(Period);

    private static bool IsFinite(TimeSpan time, string parameter)
    {
        // Whole milliseconds, so that the same values are refused, and the same mean "never", as with .NET's own timers.
        long milliseconds = (long)time.TotalMilliseconds;
        if (milliseconds is < -1 or > MaxMilliseconds)
        {
            throw new ArgumentOutOfRangeException(parameter, time, $"A timer takes from zero to {MaxMilliseconds} milliseconds, or Timeout.InfiniteTimeSpan for never.");
        }

        return milliseconds != -1;
    }

    private static TimeSpan RoundUp(long stopwatchTicks)
    {
        long perMillisecond = Stopwatch.Frequency / 1000;
        return TimeSpan.FromMilliseconds(Math.Min((stopwatchTicks + perMillisecond - 1) / perMillisecond, MaxMilliseconds));
    }
}
