using Reactor.Timers;

namespace Reactor.Tests.Timers;

/// <summary>What a timer may do, and may do wrong, when it is called.</summary>
public sealed class OnDueTests
{
    private readonly TimerSet _set = new();
    private readonly List<TestTimer> _log = [];

    [Fact]
    public void A_timer_is_not_armed_when_it_is_called()
    {
        bool? wasArmed = null;
        bool? wasCancelled = null;
        Arm(10, timer =>
        {
            wasArmed = timer.IsArmed;
            wasCancelled = _set.Cancel(timer);
            Assert.Equal(0, _set.Count);
        });
        _set.Expire(10);
        Assert.False(wasArmed);
        Assert.False(wasCancelled);
    }

    [Fact]
    public void A_timer_that_arms_itself_again_is_periodic()
    {
        Arm(10, timer => _set.Arm(timer, timer.Deadline + 10));
        for (long now = 0; now <= 100; now++)
        {
            Assert.Equal(now > 0 && now % 10 == 0 ? 1 : 0, _set.Expire(now));
        }

        Assert.Equal(10, _log.Count);
        Assert.Equal(110, _set.NextDeadline);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(50)]
    public void A_timer_that_arms_itself_for_the_past_waits_for_the_next_expire(long deadline)
    {
        Arm(10, timer => _set.Arm(timer, deadline));
        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal(1, _set.Expire(50));
            Assert.Equal(i, _log.Count);
            Assert.True(_set.NextDeadline <= 50);
        }
    }

    [Fact]
    public void What_is_armed_for_the_past_waits_even_when_others_of_the_batch_are_later()
    {
        var armed = new TestTimer(_log, "armed");
        TestTimer first = Arm(10, _ => _set.Arm(armed, 20));
        TestTimer last = Arm(30);
        Assert.Equal(2, _set.Expire(30));
        Assert.Equal([first, last], _log);
        Assert.Equal(1, _set.Expire(30));
        Assert.Same(armed, _log[^1]);
    }

    [Fact]
    public void A_timer_cancelled_by_one_of_the_same_batch_is_not_called()
    {
        TestTimer? victim = null;
        TestTimer killer = Arm(10, _ => Assert.True(_set.Cancel(victim!)));
        victim = Arm(20);
        TestTimer other = Arm(30);
        Assert.Equal(2, _set.Expire(100));
        Assert.Equal([killer, other], _log);
        Assert.False(victim.IsArmed);
        Assert.Equal(0, _set.Count);
        Assert.Equal(0, _set.Expire(long.MaxValue));
    }

    [Fact]
    public void The_rest_of_a_batch_is_armed_until_it_is_called()
    {
        TestTimer? last = null;
        Arm(10, _ =>
        {
            Assert.True(last!.IsArmed);
            Assert.Equal(1, _set.Count);
        });
        last = Arm(20);
        Assert.Equal(2, _set.Expire(20));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(1000)]
    public void A_timer_armed_again_by_one_of_the_same_batch_keeps_to_the_new_deadline(long deadline)
    {
        TestTimer? moved = null;
        TestTimer mover = Arm(10, _ => _set.Arm(moved!, deadline));
        moved = Arm(20);
        Assert.Equal(1, _set.Expire(100));
        Assert.Equal([mover], _log);
        Assert.Equal(1, _set.Count);
        Assert.Equal(deadline, _set.NextDeadline);
        Assert.Equal(1, _set.Expire(Math.Max(100, deadline)));
        Assert.Equal([mover, moved], _log);
    }

    [Fact]
    public void A_timer_cancelled_and_armed_again_within_its_batch_fires_once()
    {
        TestTimer? moved = null;
        Arm(10, _ =>
        {
            Assert.True(_set.Cancel(moved!));
            _set.Arm(moved!, 15);
            Assert.True(_set.Cancel(moved!));
            _set.Arm(moved!, 16);
        });
        moved = Arm(20);
        Assert.Equal(1, _set.Expire(100));
        Assert.Equal(1, _set.Expire(100));
        Assert.Equal(0, _set.Expire(long.MaxValue));
        Assert.Same(moved, _log[^1]);
    }

    [Fact]
    public void A_timer_of_a_later_time_can_be_cancelled_by_one_that_is_due()
    {
        TestTimer? later = null;
        Arm(10, _ => Assert.True(_set.Cancel(later!)));
        later = Arm(1000);
        Assert.Equal(1, _set.Expire(10));
        Assert.Equal(long.MaxValue, _set.NextDeadline);
        Assert.Equal(0, _set.Expire(1000));
    }

    [Fact]
    public void After_an_exception_the_next_expire_goes_on_where_it_stopped()
    {
        TestTimer first = Arm(10);
        TestTimer throwing = Arm(20, static _ => throw new InvalidDataException());
        TestTimer third = Arm(30);
        TestTimer fourth = Arm(30);
        Assert.Throws<InvalidDataException>(() => _set.Expire(100));
        Assert.Equal([first, throwing], _log);
        Assert.False(throwing.IsArmed);
        Assert.True(third.IsArmed);
        Assert.Equal(2, _set.Count);
        Assert.True(_set.NextDeadline <= 100, "a loop that sleeps until then must not sleep");
        Assert.Equal(2, _set.Expire(100));
        Assert.Equal([first, throwing, third, fourth], _log);
        Assert.Equal(0, _set.Count);
    }

    [Fact]
    public void Every_timer_of_a_batch_is_called_once_even_if_all_throw()
    {
        TestTimer[] timers = [.. Enumerable.Range(0, 50).Select(i => Arm(i, static _ => throw new InvalidDataException()))];
        for (int i = 0; i < timers.Length; i++)
        {
            Assert.Throws<InvalidDataException>(() => _set.Expire(100));
        }

        Assert.Equal(0, _set.Expire(100));
        Assert.Equal(timers, _log);
    }

    [Fact]
    public void What_was_cancelled_or_moved_before_an_exception_stays_so()
    {
        TestTimer? cancelled = null;
        TestTimer? moved = null;
        TestTimer throwing = Arm(10, timer =>
        {
            _set.Cancel(cancelled!);
            _set.Arm(moved!, 200);
            _set.Arm(timer, 300);
            throw new InvalidDataException();
        });
        cancelled = Arm(20);
        moved = Arm(30);
        TestTimer last = Arm(40);
        Assert.Throws<InvalidDataException>(() => _set.Expire(100));
        Assert.Equal(3, _set.Count);
        Assert.Equal(1, _set.Expire(100));
        Assert.Equal(1, _set.Expire(200));
        Assert.Throws<InvalidDataException>(() => _set.Expire(300));
        Assert.Equal([throwing, last, moved, throwing], _log);
    }

    [Fact]
    public void What_is_left_after_an_exception_takes_its_place_among_what_was_armed_since()
    {
        Arm(10, static _ => throw new InvalidDataException());
        TestTimer left = Arm(30);
        TestTimer leftToo = Arm(60);
        Assert.Throws<InvalidDataException>(() => _set.Expire(100));
        TestTimer between = Arm(50);
        TestTimer later = Arm(110);
        _set.Expire(120);
        Assert.Equal([left, between, leftToo, later], _log[1..]);
    }

    [Fact]
    public void What_is_left_after_an_exception_can_be_cancelled()
    {
        Arm(10, static _ => throw new InvalidDataException());
        TestTimer left = Arm(20);
        Assert.Throws<InvalidDataException>(() => _set.Expire(100));
        Assert.True(_set.Cancel(left));
        Assert.Equal(long.MaxValue, _set.NextDeadline);
        Assert.Equal(0, _set.Expire(100));
    }

    [Fact]
    public void Expiring_within_a_callback_is_refused_and_does_no_harm()
    {
        Exception? refused = null;
        Arm(10, _ => refused = Record.Exception(() => _set.Expire(20)));
        Arm(20);
        Assert.Equal(2, _set.Expire(20));
        Assert.IsType<InvalidOperationException>(refused);
        Arm(30);
        Assert.Equal(1, _set.Expire(30));
    }

    private TestTimer Arm(long deadline, Action<TestTimer>? then = null)
    {
        var timer = new TestTimer(_log, then: then);
        _set.Arm(timer, deadline);
        return timer;
    }
}
