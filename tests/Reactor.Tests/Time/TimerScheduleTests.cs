using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

public sealed class TimerScheduleTests : ShardTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    public static TheoryData<double> Milliseconds => [-1e9, -3, -2, -1.999, -1.5, -1.0001, -1, -0.9999, -0.5, 0, 0.5, 1, 4294967293, 4294967294, 4294967294.5, 4294967295, 4294967296, 1e14];

    /// <remarks>.NET's own timers say what is right: for the due time and the period, when a timer is made and when it is changed.</remarks>
    [Theory]
    [MemberData(nameof(Milliseconds))]
    public void The_limits_are_those_of_the_systems_timers(double milliseconds)
    {
        TimeSpan time = TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));
        Assert.Equal(Outcome(TimeProvider.System, Creating(time, s_hour)), Outcome(Shard.TimeProvider, Creating(time, s_hour)));
        Assert.Equal(Outcome(TimeProvider.System, Creating(s_hour, time)), Outcome(Shard.TimeProvider, Creating(s_hour, time)));
        Assert.Equal(Outcome(TimeProvider.System, Changing(time, s_hour)), Outcome(Shard.TimeProvider, Changing(time, s_hour)));
        Assert.Equal(Outcome(TimeProvider.System, Changing(s_hour, time)), Outcome(Shard.TimeProvider, Changing(s_hour, time)));

        static Action<TimeProvider> Creating(TimeSpan due, TimeSpan period) => provider => provider.CreateTimer(static _ => { }, null, due, period).Dispose();

        static Action<TimeProvider> Changing(TimeSpan due, TimeSpan period) => provider =>
        {
            using ITimer timer = provider.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Assert.True(timer.Change(due, period));
        };

        static (Type?, string?) Outcome(TimeProvider provider, Action<TimeProvider> action)
        {
            Exception? exception = Record.Exception(() => action(provider));
            return (exception?.GetType(), (exception as ArgumentException)?.ParamName);
        }
    }

    [Fact]
    public void What_is_refused_is_told_with_its_value_and_the_limit()
    {
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => TimerSchedule.From(TimeSpan.FromDays(50), s_hour)).Message;
        Assert.Contains("50.00:00:00", message, StringComparison.Ordinal);
        Assert.Contains("4294967294", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_timer_without_a_callback_is_refused() =>
        Assert.Throws<ArgumentNullException>("callback", () => Shard.TimeProvider.CreateTimer(null!, null, s_hour, s_hour));

    [Theory]
    [InlineData(-1)]
    [InlineData(-1.5)]
    public void A_due_time_of_minus_one_millisecond_is_never(double milliseconds) =>
        Assert.Equal(TimerSchedule.Never, TimerSchedule.From(TimeSpan.FromMilliseconds(milliseconds), s_hour).Deadline);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(-0.5, 0)]
    [InlineData(0, 0)]
    [InlineData(0.25, 250_000)]
    [InlineData(1.5, 1_500_000)]
    public void A_period_keeps_its_parts_of_a_millisecond(double milliseconds, long nanoseconds) =>
        Assert.Equal(Shard.ToStopwatchTicks(TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick)), TimerSchedule.From(TimeSpan.Zero, TimeSpan.FromMilliseconds(milliseconds)).Period);

    [Theory]
    [InlineData(100, 100, 110)]
    [InlineData(100, 109, 110)]
    [InlineData(100, 110, 120)]
    [InlineData(100, 255, 260)]
    public void The_following_deadline_keeps_the_phase_and_skips_what_was_missed(long deadline, long now, long expected) =>
        Assert.Equal(expected, new TimerSchedule(deadline, 10).Following(deadline, now));

    [Fact]
    public void For_the_systems_timers_times_are_rounded_up()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(1), new TimerSchedule(0, 1).SystemPeriod);
        Assert.Equal(TimeSpan.FromMilliseconds(2), new TimerSchedule(0, Shard.ToStopwatchTicks(TimeSpan.FromMilliseconds(1.001))).SystemPeriod);
        Assert.Equal(Timeout.InfiniteTimeSpan, new TimerSchedule(0, 0).SystemPeriod);
        Assert.Equal(TimeSpan.Zero, new TimerSchedule(0, 0).SystemDueTime);
        Assert.Equal(Timeout.InfiniteTimeSpan, new TimerSchedule(TimerSchedule.Never, 0).SystemDueTime);
        Assert.InRange(TimerSchedule.From(TimeSpan.FromMilliseconds(4294967294.9), s_hour).SystemDueTime.TotalMilliseconds, 4294900000, TimerSchedule.MaxMilliseconds);
    }
}
