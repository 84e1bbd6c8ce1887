using Reactor.Diagnostics;

namespace Reactor.Tests.Diagnostics;

/// <summary>The rule by which looks at a shard become stalls, on a clock of the tests' own: times are milliseconds.</summary>
public sealed class StallWatchTests
{
    private const int Threshold = 25;
    private const int FirstTelling = 1_000;

    private readonly StallWatch _watch = new(Threshold, FirstTelling);
    private readonly List<Stall> _found = [];
    private double _now;
    private long _turn;
    private LostTime _lost;
    private long _lastStalledTurn = -1;
    private long _lastStallTicks;

    [Fact]
    public void A_shard_that_turns_does_not_stall()
    {
        for (int i = 0; i < 1_000; i++)
        {
            Runs("quick", 10);
        }

        Assert.Empty(_found);
    }

    [Theory]
    [InlineData(26)]
    [InlineData(30)]
    [InlineData(100)]
    public void A_long_turn_is_found_once_with_what_ran_and_its_length(int length)
    {
        for (double phase = 0; phase < 12.5; phase += 0.5)
        {
            _found.Clear();
            Sleeps(phase);
            Runs("long", length);
            Sleeps(100);
            Stall stall = Assert.Single(_found);
            Assert.Equal((length, true, StallCause.Code, "long"), (stall.Ticks, stall.IsOver, stall.Cause, stall.Code));
        }
    }

    [Fact]
    public void A_turn_just_below_the_threshold_is_none()
    {
        for (double phase = 0; phase < 12.5; phase += 0.5)
        {
            Sleeps(phase);
            Runs("almost", Threshold - 1);
            Sleeps(100);
        }

        Assert.Empty(_found);
    }

    [Fact]
    public void A_stall_that_does_not_end_is_told_at_once_and_when_its_age_has_doubled_and_at_its_end()
    {
        Runs("endless", 5_000);
        Sleeps(100);
        Assert.Equal([false, false, false, true], _found.Select(stall => stall.IsOver));
        Assert.Equal([false, true, true, true], _found.Select(stall => stall.WasTold));
        Assert.InRange(_found[0].Ticks, FirstTelling, FirstTelling + Threshold);
        Assert.InRange(_found[1].Ticks, FirstTelling * 2, (FirstTelling * 2) + (2 * Threshold));
        Assert.Equal(5_000, _found[^1].Ticks);
    }

    [Fact]
    public void A_shard_that_sleeps_or_polls_does_not_stall()
    {
        Sleeps(3_600_000);
        Assert.Empty(_found);
    }

    [Fact]
    public void A_turn_after_a_long_sleep_counts_from_its_own_beginning()
    {
        Sleeps(10_000);
        Runs("quick", 20);
        Sleeps(10_000);
        Assert.Empty(_found);
    }

    [Fact]
    public void A_turn_that_a_collection_took_most_of_is_the_collectors()
    {
        Runs("victim", 40, lost: new LostTime(30, 0, 0));
        Sleeps(100);
        Assert.Equal(StallCause.GarbageCollection, Assert.Single(_found).Cause);
    }

    [Fact]
    public void A_collection_that_holds_the_watcher_as_well_is_named()
    {
        for (int looksBefore = 0; looksBefore < 2; looksBefore++)
        {
            Sleeps(100);
            _turn++;
            double since = _now;
            for (int i = 0; i < looksBefore; i++)
            {
                Look(isIdle: false, "victim", since);
            }

            _now += 90;
            _lost = new LostTime(_lost.Collecting + 90, 0, _lost.Unseen + 80);
            Look(isIdle: false, "victim", since);
            EndTurn(90);
            Sleeps(100);
        }

        Assert.Equal([StallCause.GarbageCollection, StallCause.GarbageCollection], _found.Select(stall => stall.Cause));
    }

    [Fact]
    public void A_short_collection_does_not_excuse_a_long_turn()
    {
        Runs("long", 100, lost: new LostTime(10, 0, 0));
        Sleeps(100);
        Assert.Equal(StallCause.Code, Assert.Single(_found).Cause);
    }

    [Fact]
    public void A_turn_whose_thread_had_no_CPU_is_told_as_that()
    {
        Runs("victim", 40, lost: new LostTime(0, 30, 0));
        Sleeps(100);
        Assert.Equal(StallCause.NotScheduled, Assert.Single(_found).Cause);
    }

    [Fact]
    public void A_process_that_was_stopped_has_not_stalled()
    {
        IsSuspended("victim", 3_600_000);
        Sleeps(100);
        Assert.Empty(_found);
    }

    [Fact]
    public void What_was_lost_before_a_stall_does_not_excuse_it()
    {
        Sleeps(100);
        _lost = new LostTime(1_000, 1_000, 1_000);
        Sleeps(100);
        Runs("long", 100);
        Sleeps(100);
        Assert.Equal(StallCause.Code, Assert.Single(_found).Cause);
    }

    [Fact]
    public void Who_blocks_is_told()
    {
        Runs("caller", 100, blocker: "blocker");
        Sleeps(100);
        Stall stall = Assert.Single(_found);
        Assert.Equal((StallCause.Blocking, "blocker"), (stall.Cause, stall.Code));
    }

    [Fact]
    public void A_loop_that_hangs_in_the_kernel_stalls_without_code()
    {
        Passes(200, () => Look(isIdle: false, running: null));
        _turn++;
        Sleeps(100);
        Stall stall = Assert.Single(_found);
        Assert.Null(stall.Code);
        Assert.InRange(stall.Ticks, 200 - (2 * Threshold), 200);
    }

    /// <remarks>As when the callback that the watcher has called takes its time.</remarks>
    [Fact]
    public void An_idle_shard_that_nobody_looked_at_for_long_has_not_stalled_when_it_is_found_busy()
    {
        Sleeps(100);
        _now += 5_000;
        Look(isIdle: false, running: null);
        EndTurn(1);
        Sleeps(100);
        Assert.Empty(_found);
    }

    [Fact]
    public void Of_two_stalls_in_a_row_each_is_told()
    {
        Runs("first", 50);
        Runs("second", 60);
        Sleeps(100);
        Assert.Equal(["first", "second"], _found.Select(stall => stall.Code));
    }

    [Fact]
    public void What_happened_while_nobody_looked_is_forgotten()
    {
        _turn++;
        _lastStalledTurn = _turn;
        _lastStallTicks = 500;
        _watch.Restart(Activity(isIdle: true, null), _lost);
        Sleeps(100);
        Assert.Empty(_found);
    }

    [Fact]
    public void An_hour_of_work_sleep_polling_and_short_collections_has_no_stall()
    {
        const double Hour = 3_600_000;
        var random = new Random(1);
        while (_now < Hour)
        {
            switch (random.Next(5))
            {
                case 0:
                    Sleeps(random.Next(5_000));
                    break;
                case 1:
                    Runs("work", random.NextDouble() * (Threshold - 1));
                    break;
                case 2:
                    Runs("collected", Threshold - 1, lost: new LostTime(random.Next(Threshold), 0, 0));
                    break;
                case 3:
                    IsSuspended("suspended", random.Next(10_000));
                    break;
                default:
                    for (int i = random.Next(1_000); i > 0; i--)
                    {
                        Runs("short work", random.NextDouble());
                    }

                    break;
            }
        }

        Assert.Empty(_found);
    }

    /// <summary>One turn that runs something for so long.</summary>
    private void Runs(string code, double length, LostTime lost = default, string? blocker = null)
    {
        double since = _now;
        Passes(length, () => Look(isIdle: false, code, since, blocker));
        _lost = new LostTime(_lost.Collecting + lost.Collecting, _lost.NotScheduled + lost.NotScheduled, _lost.Unseen + lost.Unseen);
        EndTurn(length);
    }

    private void IsSuspended(string code, double length)
    {
        double since = _now;
        Passes(1, () => Look(isIdle: false, code, since, null));
        _now += length;
        _lost = _lost with { Unseen = _lost.Unseen + (long)length };
        EndTurn(length + 1);
    }

    private void EndTurn(double length)
    {
        if (length >= Threshold)
        {
            _lastStalledTurn = _turn;
            _lastStallTicks = (long)length;
        }

        _turn++;
    }

    private void Sleeps(double length) => Passes(length, () => Look(isIdle: true, null));

    /// <summary>Time passes, with a look at each multiple of half the threshold.</summary>
    private void Passes(double length, Action look)
    {
        const double Period = Threshold / 2.0;
        double end = _now + length;
        for (double next = (Math.Floor(_now / Period) + 1) * Period; next < end; next += Period)
        {
            _now = next;
            look();
        }

        _now = end;
    }

    private void Look(bool isIdle, object? running, double since = 0, string? blocker = null)
    {
        if (_watch.Look(Activity(isIdle, running, since, blocker), (long)_now, _lost) is { } stall)
        {
            _found.Add(stall);
        }
    }

    private ShardActivity Activity(bool isIdle, object? running, double since = 0, string? blocker = null) => new()
    {
        Turn = _turn,
        IsIdle = isIdle,
        Running = running,
        RunningSince = (long)since,
        Blocker = blocker,
        Group = SchedulingGroup.Default,
        LastStalledTurn = _lastStalledTurn,
        LastStallTicks = _lastStallTicks,
    };
}
