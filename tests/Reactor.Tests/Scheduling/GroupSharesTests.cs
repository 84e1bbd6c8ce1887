using System.Diagnostics;
using Reactor.Scheduling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Scheduling;

public sealed class GroupSharesWithRingTests() : GroupSharesTests(SliceKind.Ring);

public sealed class GroupSharesWithClockTests() : GroupSharesTests(SliceKind.Clock);

/// <summary>
/// Groups that always have work, on a running shard. What each had is read from the scheduler's own account of it: a clock
/// includes what other processes take from the shard's thread, and they take it from one group more than from another.
/// </summary>
public abstract class GroupSharesTests(SliceKind backend) : SchedulerTests(backend)
{
    /// <summary>How far the shares of the time may be from those promised.</summary>
    private const double Tolerance = 0.07;

    private static readonly long s_second = Stopwatch.Frequency;

    [Theory]
    [InlineData(100, 200)]
    [InlineData(300, 300)]
    [InlineData(100, 200, 300)]
    public Task Groups_that_always_have_work_get_the_time_in_proportion_to_their_shares(params int[] shares)
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            Hog[] hogs = [.. shares.Select(each => new Hog(host.Shard, Group(each)))];
            await InProportion(hogs, s_second);
            await Hog.Stop(hogs);
        });
    }

    [Fact]
    public Task A_group_that_slept_claims_nothing_of_the_past_and_has_its_share_from_then_on()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            var steady = new Hog(host.Shard, Group(100));
            SchedulingGroup sleeper = Group(200);
            await Hog.Stop(new Hog(host.Shard, sleeper));
            await Ran(steady, s_second / 2);

            // It would be owed a second.
            var awake = new Hog(host.Shard, sleeper, watched: steady);
            await InProportion([steady, awake], s_second / 2);
            awake.AssertNeverFarAhead();
            await Hog.Stop(steady, awake);
        });
    }

    [Fact]
    public Task A_new_group_has_its_share_at_once_and_starves_nobody()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            var first = new Hog(host.Shard, Group(100));
            var second = new Hog(host.Shard, Group(100));
            await InProportion([first, second], s_second / 2);
            var fresh = new Hog(host.Shard, Group(100), watched: first);
            await InProportion([first, second, fresh], s_second / 2);
            fresh.AssertNeverFarAhead();
            await Hog.Stop(first, second, fresh);
        });
    }

    [Fact]
    public Task Shares_that_change_count_from_then_on()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            Hog[] hogs = [new(host.Shard, Group(100)), new(host.Shard, Group(100))];
            await InProportion(hogs, s_second / 4);
            hogs[1].Group.Shares = 300;
            await InProportion(hogs, s_second / 2);
            await Hog.Stop(hogs);
        });
    }

    [Fact]
    public Task One_that_seldom_has_work_runs_soon_beside_those_that_always_have()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            SchedulingGroup rare = Group(100);
            Hog[] hogs = [new(host.Shard, Group(SchedulingGroup.MaxShares)), new(host.Shard, Group(SchedulingGroup.MaxShares))];
            await Ran(hogs[0], s_second / 20);
            var waits = new List<long>();
            for (int i = 0; i < 21; i++)
            {
                long yields = hogs.Sum(hog => hog.Yields);
                await rare.RunAsync(async () =>
                {
                    yields = hogs.Sum(hog => hog.Yields);
                    await Shard.Delay(TimeSpan.FromMilliseconds(1));
                });

                waits.Add(hogs.Sum(hog => hog.Yields) - yields);
            }

            // A delay of two slices, and at the most a few for whoever else had had less. Mostly: it pays for a time when other
            // processes took the CPU from it.
            Assert.InRange(waits.Order().ElementAt(10), 0, 50);

            await Hog.Stop(hogs);
        });
    }

    [Fact]
    public Task While_the_shard_sleeps_nobody_waits_for_his_turn()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            SchedulingGroup group = Group();
            await group.RunAsync(static async () => await Shard.Delay(TimeSpan.FromSeconds(1)));
            Assert.InRange(host.Shard.QueueOf(group).WaitTicks, 0, s_second / 2);
        });
    }

    /// <remarks>The group of one that always finds its operations ready pays for it, not the loop or the others.</remarks>
    [Fact]
    public Task Groups_of_many_small_continuations_share_as_those_of_long_loops_do()
    {
        TestHost host = Start();
        return host.Run(async () =>
        {
            Hog[] hogs = [new(host.Shard, Group(100)), new(host.Shard, Group(200), asks: false)];
            await InProportion(hogs, s_second / 2);
            await Hog.Stop(hogs);
        });
    }

    /// <summary>Waits until a hog has had an amount of time more.</summary>
    private static async Task Ran(Hog hog, long ticks)
    {
        for (long start = hog.RunTicks; hog.RunTicks - start < ticks;)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>
    /// From now on the hogs get their shares. What they had is in proportion at every moment, to within a slice of each; but
    /// a slice may be long, when other processes take the CPU within it, and is made up for in the next ones.
    /// </summary>
    private static async Task InProportion(Hog[] hogs, long atLeast)
    {
        long[] start = [.. hogs.Select(hog => hog.RunTicks)];
        double shares = hogs.Sum(hog => hog.Group.Shares);
        long deadline = Stopwatch.GetTimestamp() + 10 * atLeast;
        while (true)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(5));
            long[] ticks = [.. hogs.Select((hog, i) => hog.RunTicks - start[i])];
            bool isOver = ticks.Sum() >= atLeast;
            if (isOver && IsFair(ticks))
            {
                return;
            }

            Assert.True(
                Stopwatch.GetTimestamp() < deadline || !isOver,
                $"shares {string.Join(':', hogs.Select(hog => hog.Group.Shares))} got ticks {string.Join(':', ticks)}");
        }

        bool IsFair(long[] amounts) => hogs.Select((hog, i) => amounts[i] / (double)amounts.Sum() / (hog.Group.Shares / shares))
            .All(ratio => Math.Abs(ratio - 1) <= Tolerance);
    }

    /// <summary>Code that runs on and on in its group and yields when it is to.</summary>
    private sealed class Hog
    {
        private readonly Hog? _watched;
        private readonly GroupQueue _queue;
        private readonly bool _asks;
        private readonly Task _end;
        private readonly long _start;
        private readonly long _startOfWatched;
        private double _largestLead;
        private long _longestSlice;
        private bool _isOver;

        /// <param name="shard">The current one.</param>
        /// <param name="group">Where it runs.</param>
        /// <param name="watched">One that it must not get ahead of.</param>
        /// <param name="asks">Whether it asks if it is to yield; otherwise it yields after each small piece of work.</param>
        internal Hog(Shard shard, SchedulingGroup group, Hog? watched = null, bool asks = true)
        {
            Group = group;
            _watched = watched;
            _asks = asks;
            _queue = shard.QueueOf(group);
            _start = RunTicks;
            _startOfWatched = watched?.RunTicks ?? 0;
            _end = group.RunAsync(RunAsync).AsTask();
        }

        internal SchedulingGroup Group { get; }

        internal long RunTicks => _queue.RunTicks;

        internal long Yields { get; private set; }

        /// <summary>
        /// What scheduling by virtual time guarantees: since this one began, it has never had more for its shares than the one
        /// that it watches, but for what it may be behind at first, and a slice of each.
        /// </summary>
        internal void AssertNeverFarAhead()
        {
            double advantage = Shard.ToStopwatchTicks(ReactorOptions.DefaultTaskQuota);
            double most = ((advantage + _longestSlice) / Group.Shares) + ((double)_watched!._longestSlice / _watched.Group.Shares);
            Assert.InRange(_largestLead, double.MinValue, most * 1.01);
        }

        internal static async Task Stop(params Hog[] hogs)
        {
            foreach (Hog hog in hogs)
            {
                hog._isOver = true;
                await hog._end;
            }
        }

        private async Task RunAsync()
        {
            long before = RunTicks;
            while (!_isOver)
            {
                Thread.SpinWait(20);
                if (!_asks)
                {
                    await Shard.Yield();
                }
                else if (Shard.NeedsPreempt)
                {
                    Yields++;
                    await Shard.YieldIfNeeded();
                    _longestSlice = Math.Max(_longestSlice, RunTicks - before);
                    before = RunTicks;
                    if (_watched is not null)
                    {
                        double lead = ((double)(RunTicks - _start) / Group.Shares) - ((double)(_watched.RunTicks - _startOfWatched) / _watched.Group.Shares);
                        _largestLead = Math.Max(_largestLead, lead);
                    }
                }
            }
        }
    }
}
