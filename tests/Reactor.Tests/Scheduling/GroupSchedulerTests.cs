using Reactor.Scheduling;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Scheduling;

/// <summary>Who runs next, on a clock that the test moves.</summary>
public sealed class GroupSchedulerTests(ITestOutputHelper output) : IDisposable
{
    private const long Advantage = 500;

    private readonly List<SchedulingGroup> _groups = [];
    private readonly GroupScheduler _scheduler = Create();

    public static TheoryData<int[]> Shares => [[100, 200], [200, 100], [100, 200, 300], [1, 1_000], [7, 7, 7], [1, 2, 3, 5, 8, 13, 21]];

    [Theory]
    [MemberData(nameof(Shares))]
    public void Those_with_work_get_time_in_proportion_to_their_shares(int[] shares)
    {
        GroupQueue[] queues = [.. shares.Select(Busy)];
        Random random = Seed.Random(output);
        for (int i = 0; i < 20_000; i++)
        {
            Run(random.Next(1, 1_000));
        }

        AssertInProportion(queues, longest: 1_000);
    }

    [Fact]
    public void A_long_slice_is_made_up_for()
    {
        GroupQueue first = Busy(100);
        GroupQueue second = Busy(100);
        GroupQueue longest = Run(100_000);
        GroupQueue other = longest == first ? second : first;
        for (int i = 0; i < 100; i++)
        {
            Assert.Same(other, Run(1_000));
        }

        Run(1_000);
        Run(1_000);
        Assert.True(longest.RunTicks > 100_000);
    }

    [Fact]
    public void One_that_has_nothing_costs_the_others_nothing()
    {
        GroupQueue busy = Busy(1);
        _ = Queue(1_000);
        for (int i = 0; i < 100; i++)
        {
            Assert.Same(busy, Run(10));
        }
    }

    [Theory]
    [InlineData(100, 100)]
    [InlineData(100, 1_000)]
    [InlineData(1_000, 1)]
    public void One_that_slept_is_at_most_one_advantage_behind(int sharesOfSleeper, int sharesOfBusy)
    {
        GroupQueue sleeper = Busy(sharesOfSleeper);
        RunLast(sleeper, 10);
        GroupQueue busy = Busy(sharesOfBusy);
        Run(1_000_000);
        Run(1);

        Wake(sleeper);
        Assert.Same(sleeper, _scheduler.Next());

        // The present is where the last slice began.
        long most = Advantage + ((sharesOfSleeper + sharesOfBusy - 1) / sharesOfBusy) + 1;
        for (int i = 0; i <= most; i++)
        {
            if (Run(1) == busy)
            {
                return;
            }
        }

        Assert.Fail($"the one that slept had {sleeper.RunTicks} ticks before the other's turn");
    }

    [Fact]
    public void Several_that_slept_are_each_at_most_one_advantage_behind()
    {
        GroupQueue[] sleepers = [.. Enumerable.Range(0, 20).Select(_ => Busy(100))];
        foreach (GroupQueue sleeper in sleepers)
        {
            RunLast(sleeper, 10);
        }

        GroupQueue busy = Busy(100);
        Run(1_000_000);
        long present = busy.VirtualTime;
        Run(1);

        // Each becomes active while the one before, which is behind, is the one that runs.
        foreach (GroupQueue sleeper in sleepers)
        {
            Wake(sleeper);
            Assert.InRange(present - sleeper.VirtualTime, 0, Advantage * SchedulingGroup.MaxShares / 100);
            _scheduler.Next();
        }
    }

    [Fact]
    public void One_that_wakes_again_and_again_gets_no_more_than_its_share_and_one_advantage()
    {
        GroupQueue busy = Busy(100);
        GroupQueue frequent = Busy(100);
        for (int i = 0; i < 10_000; i++)
        {
            if (_scheduler.Next() == frequent)
            {
                RunLast(frequent, 90);
                Wake(frequent);
            }
            else
            {
                Run(100);
            }
        }

        Assert.InRange(frequent.RunTicks - busy.RunTicks, -Advantage - 100, Advantage + 100);
    }

    [Fact]
    public void A_new_one_starves_nobody_and_has_its_share_at_once()
    {
        GroupQueue first = Busy(100);
        GroupQueue second = Busy(200);
        for (int i = 0; i < 10_000; i++)
        {
            Run(100);
        }

        long before = first.RunTicks;
        GroupQueue fresh = Busy(100);
        for (int i = 0; i < 4_000; i++)
        {
            Run(100);
        }

        Assert.InRange(first.RunTicks - before, 100_000 - 1_000, 100_000 + 1_000);
        Assert.InRange(fresh.RunTicks, 100_000 - 1_000, 100_000 + 1_000);
        Assert.InRange(second.RunTicks, 860_000, 870_000);
    }

    [Fact]
    public void Virtual_time_may_wrap_around()
    {
        GroupQueue first = Busy(100);
        first.VirtualTime = long.MaxValue - 50_000;
        Run(1);
        GroupQueue second = Busy(200);
        GroupQueue sleeper = Busy(100);
        RunLast(sleeper, 1);
        for (int i = 0; i < 3_000; i++)
        {
            Run(10);
        }

        Assert.True(first.VirtualTime < 0 && second.VirtualTime < 0, "it has wrapped around");
        AssertInProportion([first, second], longest: 10);

        Wake(sleeper);
        Assert.InRange(first.VirtualTime - sleeper.VirtualTime, 1, (Advantage + 20) * SchedulingGroup.MaxShares / 100);
    }

    [Fact]
    public void Shares_that_change_count_from_then_on()
    {
        GroupQueue first = Busy(100);
        GroupQueue second = Busy(100);
        for (int i = 0; i < 1_000; i++)
        {
            Run(30);
        }

        Assert.Equal(first.RunTicks, second.RunTicks);
        first.Group.Shares = 300;
        long before = first.RunTicks;
        for (int i = 0; i < 4_000; i++)
        {
            Run(30);
        }

        Assert.InRange(first.RunTicks - before, 90_000 - 90, 90_000 + 90);
    }

    [Fact]
    public void Small_times_are_not_lost_to_rounding()
    {
        GroupQueue[] queues = [Busy(SchedulingGroup.MaxShares), Busy(SchedulingGroup.MaxShares - 1)];
        for (int i = 0; i < 10_000; i++)
        {
            Run(1);
        }

        Assert.InRange(queues[0].RunTicks, 4_990, 5_010);
    }

    [Fact]
    public void The_time_that_one_waits_is_counted_until_it_runs()
    {
        GroupQueue first = Busy(100);
        GroupQueue second = Busy(100);
        GroupQueue ran = Run(70);
        GroupQueue waited = ran == first ? second : first;
        Assert.Same(waited, _scheduler.Next());
        Assert.Equal((0, 70), (ran.WaitTicks, waited.WaitTicks));
        Assert.Equal((70, 0), (ran.RunTicks, waited.RunTicks));
    }

    [Fact]
    public void What_becomes_ready_in_one_that_was_destroyed_is_the_default_groups()
    {
        GroupQueue queue = Queue(100);
        queue.Group.Destroy();
        queue.Enqueue(static _ => { }, this);
        Assert.Equal((0, 1), (queue.Count, _scheduler.Default.Count));
        Assert.Same(_scheduler.Default, _scheduler.Next());
        Assert.Same(this, _scheduler.Default.Dequeue().State);
    }

    [Fact]
    public void What_one_has_left_that_is_destroyed_while_it_runs_is_the_default_groups_in_order()
    {
        GroupQueue queue = Busy(100);
        Assert.Same(queue, _scheduler.Next());
        queue.Dequeue();
        queue.Group.Destroy();

        // What runs goes on in its own group for this time, and yields.
        queue.Enqueue(static _ => { }, 1);
        queue.Enqueue(static _ => { }, 2);
        _scheduler.Charge(queue, _scheduler.Now + 10);

        Assert.False(queue.IsActive);
        Assert.Same(_scheduler.Default, _scheduler.Next());
        Assert.Equal([1, 2], [_scheduler.Default.Dequeue().State, _scheduler.Default.Dequeue().State]);
        _scheduler.Charge(_scheduler.Default, _scheduler.Now + 10);
        Assert.False(_scheduler.HasWork);
    }

    [Fact]
    public void The_queue_of_one_that_was_destroyed_is_the_default_groups()
    {
        GroupQueue queue = Queue(100);
        queue.Group.Destroy();
        Assert.Same(_scheduler.Default, _scheduler.QueueOf(queue.Group));
    }

    [Fact]
    public void A_group_with_the_id_of_one_that_was_destroyed_has_a_queue_of_its_own()
    {
        GroupQueue old = Queue(100);
        old.ItemsRun = 3;
        GroupQueue young = SameId(old.Group);
        Assert.NotSame(old, young);
        Assert.Same(young, _scheduler.QueueOf(young.Group));
        Assert.Same(_scheduler.Default, _scheduler.QueueOf(old.Group));
        Assert.Equal(3, _scheduler.ItemsRun);
        young.ItemsRun = 1;
        Assert.Equal(4, _scheduler.ItemsRun);
    }

    [Fact]
    public void Choosing_and_charging_allocates_nothing()
    {
        _ = Busy(100);
        _ = Busy(200);
        GroupQueue frequent = Busy(300);
        Action<object?> callback = static _ => { };
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 1_000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            GroupQueue queue = _scheduler.Next();
            if (queue == frequent)
            {
                queue.Dequeue();
            }

            _scheduler.Charge(queue, _scheduler.Now + 10);
            if (queue == frequent)
            {
                queue.Enqueue(callback, null);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose()
    {
        foreach (SchedulingGroup group in _groups.Where(group => !group.IsDestroyed))
        {
            GroupQueue queue = _scheduler.QueueOf(group);
            while (queue.Count > 0)
            {
                queue.Dequeue();
            }

            group.Destroy();
        }
    }

    private static GroupScheduler Create()
    {
        var scheduler = new GroupScheduler(Advantage) { ContextFactory = static _ => null };
        scheduler.QueueOf(SchedulingGroup.Default);
        return scheduler;
    }

    private static void Wake(GroupQueue queue) => queue.Enqueue(static _ => { }, null);

    private GroupQueue Queue(int shares)
    {
        var group = SchedulingGroup.Create("test", shares);
        _groups.Add(group);
        return _scheduler.QueueOf(group);
    }

    /// <summary>Others may create groups meanwhile: those that get another id are given up again.</summary>
    private GroupQueue SameId(SchedulingGroup old)
    {
        var others = new List<SchedulingGroup>();
        old.Destroy();
        SchedulingGroup young;
        while ((young = SchedulingGroup.Create("test", 100)).Id != old.Id)
        {
            Assert.True(others.Count < 10_000, "the id is not used again");
            others.Add(young);
        }

        others.ForEach(group => group.Destroy());
        _groups.Add(young);
        return _scheduler.QueueOf(young);
    }

    /// <summary>One that always has something ready.</summary>
    private GroupQueue Busy(int shares)
    {
        GroupQueue queue = Queue(shares);
        Wake(queue);
        return queue;
    }

    /// <summary>Lets the next one run for a time; it still has something ready afterwards.</summary>
    private GroupQueue Run(long ticks)
    {
        GroupQueue queue = _scheduler.Next();
        _scheduler.Charge(queue, _scheduler.Now + ticks);
        return queue;
    }

    /// <summary>Lets one run all that it has.</summary>
    private void RunLast(GroupQueue queue, long ticks)
    {
        while (_scheduler.Next() != queue)
        {
            Run(1);
        }

        while (queue.Count > 0)
        {
            queue.Dequeue();
        }

        _scheduler.Charge(queue, _scheduler.Now + ticks);
    }

    /// <summary>None is ahead of another by more than one slice, which is what scheduling by virtual time guarantees.</summary>
    private static void AssertInProportion(GroupQueue[] queues, long longest)
    {
        double[] weighted = [.. queues.Select(queue => (double)queue.RunTicks / queue.Group.Shares)];
        double tolerance = (double)longest / queues.Min(queue => queue.Group.Shares) * 1.01;
        Assert.InRange(weighted.Max() - weighted.Min(), 0, tolerance);
    }
}
