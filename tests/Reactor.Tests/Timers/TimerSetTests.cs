using System.Runtime.CompilerServices;
using Reactor.Tests.Support;
using Reactor.Timers;
using Xunit.Abstractions;

namespace Reactor.Tests.Timers;

public sealed class TimerSetTests(ITestOutputHelper output)
{
    private readonly TimerSet _set = new();
    private readonly List<TestTimer> _log = [];

    [Fact]
    public void Timers_fire_in_the_order_of_their_deadlines()
    {
        TestTimer late = Arm(300);
        TestTimer early = Arm(100);
        TestTimer middle = Arm(200);
        Assert.Equal(3, _set.Expire(1000));
        Assert.Equal([early, middle, late], _log);
    }

    [Fact]
    public void Timers_with_one_deadline_fire_in_the_order_of_arming()
    {
        TestTimer[] timers = [.. Enumerable.Range(0, 100).Select(_ => Arm(50))];
        Assert.Equal(100, _set.Expire(50));
        Assert.Equal(timers, _log);
    }

    [Fact]
    public void A_timer_fires_at_its_deadline_and_not_before()
    {
        TestTimer timer = Arm(1000);
        Assert.Equal(0, _set.Expire(999));
        Assert.True(timer.IsArmed);
        Assert.Equal(1, _set.Expire(1000));
        Assert.False(timer.IsArmed);
    }

    [Fact]
    public void Taking_out_any_takes_out_every_one_that_is_armed()
    {
        TestTimer[] timers = [Arm(0), Arm(1), Arm(1), Arm(1000), Arm(long.MaxValue), Arm(50)];
        _set.Cancel(timers[^1]);
        var taken = new List<TimerEntry>();
        while (_set.TakeAny() is { } timer)
        {
            Assert.False(timer.IsArmed);
            taken.Add(timer);
        }

        Assert.Equal(timers[..^1].ToHashSet<TimerEntry>(), taken.ToHashSet());
        Assert.Equal(5, taken.Count);
        Assert.Equal(0, _set.Count);
        Assert.Equal(long.MaxValue, _set.NextDeadline);
    }

    [Fact]
    public void A_timer_fires_once()
    {
        Arm(10);
        Assert.Equal(1, _set.Expire(10));
        Assert.Equal(0, _set.Expire(10));
        Assert.Equal(0, _set.Expire(20));
        Assert.Single(_log);
        Assert.Equal(0, _set.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData(long.MaxValue - 4)]
    public void Every_distance_between_now_and_the_deadline_is_kept(long start)
    {
        _set.Expire(start);
        Arm(start);
        _set.Expire(start);
        Assert.Single(_log);
        for (int bit = 0; bit < 63; bit++)
        {
            long deadline = start + (1L << bit);
            if (deadline < start)
            {
                break;
            }

            var set = new TimerSet();
            var timer = new TestTimer(_log);
            set.Arm(new TestTimer([]), start);
            set.Expire(start);
            set.Arm(timer, deadline);
            Assert.Equal(deadline, set.NextDeadline);
            Assert.Equal(0, set.Expire(deadline - 1));
            Assert.Equal(1, set.Expire(deadline));
        }
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1000)]
    public void A_deadline_that_has_passed_fires_at_the_next_expire(long deadline)
    {
        Arm(1000);
        _set.Expire(1000);
        TestTimer late = Arm(deadline);
        Assert.True(_set.NextDeadline <= 1000);
        Assert.Equal(1, _set.Expire(1000));
        Assert.Same(late, _log[^1]);
    }

    [Fact]
    public void Deadlines_that_have_passed_fire_in_order_too()
    {
        Arm(1000);
        _set.Expire(1000);
        _log.Clear();
        TestTimer[] timers = [Arm(1005), Arm(900), Arm(1000), Arm(-5), Arm(900)];
        Assert.Equal(5, _set.Expire(2000));
        Assert.Equal([timers[3], timers[1], timers[4], timers[2], timers[0]], _log);
    }

    [Fact]
    public void A_timer_at_the_end_of_time_waits_for_it()
    {
        TestTimer never = Arm(long.MaxValue);
        TestTimer almost = Arm(long.MaxValue - 1);
        Assert.Equal(0, _set.Expire(1L << 62));
        Assert.Equal(long.MaxValue - 1, _set.NextDeadline);
        Assert.Equal(0, _set.Expire(long.MaxValue - 2));
        Assert.Equal(1, _set.Expire(long.MaxValue - 1));
        Assert.Equal(1, _set.Expire(long.MaxValue));
        Assert.Equal([almost, never], _log);
    }

    [Fact]
    public void A_cancelled_timer_does_not_fire()
    {
        TestTimer timer = Arm(100);
        Assert.True(_set.Cancel(timer));
        Assert.False(timer.IsArmed);
        Assert.Equal(0, _set.Count);
        Assert.Equal(0, _set.Expire(1000));
        Assert.Empty(_log);
    }

    [Fact]
    public void Cancelling_what_is_not_armed_says_so()
    {
        var timer = new TestTimer(_log);
        Assert.False(_set.Cancel(timer));
        _set.Arm(timer, 10);
        Assert.True(_set.Cancel(timer));
        Assert.False(_set.Cancel(timer));
        _set.Arm(timer, 10);
        _set.Expire(10);
        Assert.False(_set.Cancel(timer));
        Assert.Equal(0, _set.Count);
    }

    [Fact]
    public void Cancelling_any_of_a_bucket_keeps_the_others()
    {
        for (int victim = 0; victim < 5; victim++)
        {
            _log.Clear();
            var set = new TimerSet();
            List<TestTimer> timers = [.. Enumerable.Range(0, 5).Select(_ => new TestTimer(_log))];
            foreach (TestTimer timer in timers)
            {
                set.Arm(timer, 100);
            }

            set.Cancel(timers[victim]);
            timers.RemoveAt(victim);
            Assert.Equal(4, set.Expire(100));
            Assert.Equal(timers, _log);
        }
    }

    [Theory]
    [InlineData(100, 5000)]
    [InlineData(5000, 100)]
    [InlineData(100, 101)]
    [InlineData(100, 100)]
    public void Arming_again_moves_the_timer(long first, long second)
    {
        TestTimer timer = Arm(first);
        _set.Arm(timer, second);
        Assert.Equal(1, _set.Count);
        Assert.Equal(0, _set.Expire(second - 1));
        Assert.Equal(1, _set.Expire(second));
        Assert.Equal(0, _set.Expire(long.MaxValue));
    }

    [Fact]
    public void Arming_again_goes_behind_those_with_the_same_deadline()
    {
        TestTimer first = Arm(100);
        TestTimer second = Arm(100);
        _set.Arm(first, 100);
        _set.Expire(100);
        Assert.Equal([second, first], _log);
    }

    [Fact]
    public void A_clock_that_steps_back_disturbs_nothing()
    {
        Arm(1000);
        _set.Expire(1000);
        TestTimer due = Arm(500);
        TestTimer later = Arm(1001);
        Assert.Equal(1, _set.Expire(700));
        TestTimer between = Arm(800);
        Assert.Equal(800, _set.NextDeadline);
        Assert.Equal(0, _set.Expire(-1));
        Assert.Equal(1, _set.Expire(1000));
        Assert.Equal(1, _set.Expire(1001));
        Assert.Equal([due, between, later], _log[1..]);
    }

    [Fact]
    public void Of_100_000_timers_half_cancelled_all_others_fire_in_order()
    {
        const int Timers = 100_000;
        const long Second = 1_000_000_000;
        Random random = Seed.Random(output);
        TestTimer[] timers = [.. Enumerable.Range(0, Timers).Select(_ => Arm(random.NextInt64(60 * Second)))];
        random.Shuffle(timers);
        foreach (TestTimer timer in timers.AsSpan(0, Timers / 2))
        {
            Assert.True(_set.Cancel(timer));
        }

        Assert.Equal(Timers / 2, _set.Count);
        int fired = 0;
        for (long now = 0; now < 60 * Second; now += random.NextInt64(Second / 10))
        {
            fired += _set.Expire(now);
            Assert.Equal(fired, _log.Count);
            Assert.True(fired == 0 || _log[^1].Deadline <= now);
            Assert.True(_set.NextDeadline > now);
        }

        fired += _set.Expire(60 * Second);
        Assert.Equal(Timers / 2, fired);
        Assert.Equal(0, _set.Count);
        Assert.Equal(timers[(Timers / 2)..].OrderBy(timer => timer.Deadline).ThenBy(timer => timer.Sequence), _log);
    }

    [Fact]
    public void What_has_fired_or_was_cancelled_is_no_longer_held()
    {
        WeakReference[] timers = FireAndCancel(_set);
        GC.Collect();
        Assert.All(timers, static timer => Assert.False(timer.IsAlive));
        GC.KeepAlive(_set);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] FireAndCancel(TimerSet set)
    {
        TestTimer[] timers = [.. Enumerable.Range(0, 20).Select(_ => new TestTimer([]))];
        for (int i = 0; i < timers.Length; i++)
        {
            set.Arm(timers[i], 100);
        }

        for (int i = 0; i < timers.Length; i += 2)
        {
            set.Cancel(timers[i]);
        }

        set.Expire(100);
        return [.. timers.Select(static timer => new WeakReference(timer))];
    }

    private TestTimer Arm(long deadline)
    {
        var timer = new TestTimer(_log);
        _set.Arm(timer, deadline);
        return timer;
    }
}
