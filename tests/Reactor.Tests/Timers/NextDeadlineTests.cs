using Reactor.Timers;

namespace Reactor.Tests.Timers;

public sealed class NextDeadlineTests
{
    private readonly TimerSet _set = new();

    [Fact]
    public void An_empty_set_has_none()
    {
        Assert.Equal(long.MaxValue, _set.NextDeadline);
        TestTimer timer = Arm(100);
        _set.Cancel(timer);
        Assert.Equal(long.MaxValue, _set.NextDeadline);
        Arm(100);
        _set.Expire(100);
        Assert.Equal(long.MaxValue, _set.NextDeadline);
    }

    [Fact]
    public void It_is_exact_as_long_as_nothing_is_cancelled()
    {
        Arm(5000);
        Assert.Equal(5000, _set.NextDeadline);
        Arm(4500);
        Assert.Equal(4500, _set.NextDeadline);
        Arm(100);
        Assert.Equal(100, _set.NextDeadline);
        _set.Expire(4000);
        Assert.Equal(4500, _set.NextDeadline);
        _set.Expire(4500);
        Assert.Equal(5000, _set.NextDeadline);
    }

    [Fact]
    public void A_cancelled_deadline_wakes_a_sleeper_once_at_most()
    {
        const long Base = 1L << 40;
        TestTimer[] timers = [.. Enumerable.Range(1, 1000).Select(i => Arm(Base + (i * 1000)))];
        TestTimer survivor = Arm(Base + 2_000_000);
        foreach (TestTimer timer in timers)
        {
            _set.Cancel(timer);
        }

        // The bound is that of the earliest that was cancelled; none of the other 999 is remembered.
        Assert.Equal(Base + 1000, _set.NextDeadline);
        Assert.Equal(0, _set.Expire(_set.NextDeadline));
        Assert.Equal(survivor.Deadline, _set.NextDeadline);
    }

    [Fact]
    public void Timeouts_that_are_cancelled_at_once_wake_a_sleeper_once_per_time_out_at_most()
    {
        const int Requests = 100_000;
        const long Timeout = 1_000_000;
        const long Gap = 100;
        var watchdog = new TestTimer([]);
        _set.Arm(watchdog, long.MaxValue - 1);
        var request = new TestTimer([]);
        int wokenInVain = 0;
        for (long now = 1L << 40, end = now + (Requests * Gap); now < end; now += Gap)
        {
            _set.Arm(request, now + Timeout);

            // A second timer keeps the bucket from running empty, which would set things right at once.
            _set.Arm(watchdog, now + (3 * Timeout));
            _set.Cancel(request);
            if (_set.NextDeadline <= now)
            {
                wokenInVain++;
                Assert.Equal(0, _set.Expire(now));
                Assert.True(_set.NextDeadline > now);
            }
        }

        Assert.InRange(wokenInVain, 0, (int)(Requests * Gap / Timeout) + 1);
    }

    private TestTimer Arm(long deadline)
    {
        var timer = new TestTimer([]);
        _set.Arm(timer, deadline);
        return timer;
    }
}
