using System.Diagnostics;
using Reactor.Scheduling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Scheduling;

/// <summary>The slice that the kernel ends.</summary>
public sealed class RingSliceTests : SliceTests
{
    internal override Slice Create(long quota) => new(quota);

    [Fact]
    public void The_kernel_tells_the_end_and_asking_makes_no_system_call()
    {
        Slice slice = Start(s_hour);
        Assert.True(slice.UsesRing);
        AskUntilFree(slice);
        long calls = slice.SystemCalls;
        for (int i = 0; i < 1_000; i++)
        {
            Assert.False(slice.MayBeOver);
        }

        Assert.Equal(calls, slice.SystemCalls);
    }

    [Fact]
    public void A_slice_that_is_under_way_goes_on_in_the_next_turn()
    {
        Slice slice = Start(s_hour);
        AskUntilFree(slice);
        long calls = slice.SystemCalls;
        for (int turn = 0; turn < 100; turn++)
        {
            slice.Begin(Stopwatch.GetTimestamp());
            Assert.False(Ask(slice));
        }

        Assert.Equal(calls, slice.SystemCalls);
    }

    [Fact]
    public void Without_a_poll_that_ends_it_the_clock_does()
    {
        var calls = new RefusingCalls();
        Slice slice = Keep(new Slice(20 * s_millisecond, calls));
        Assert.True(slice.UsesRing);
        calls.OnSubmit = static _ => LibC.EAGAIN;
        Eventually.Until(
            () =>
            {
                slice.Begin(Stopwatch.GetTimestamp());
                for (int i = 0; i < 1_000; i++)
                {
                    Ask(slice);
                }

                return !slice.UsesRing;
            },
            "the attempt to set the timer");
        EndsWithin(slice);
        calls.OnSubmit = null;
        slice.Begin(Stopwatch.GetTimestamp());
        Assert.False(Ask(slice));
        EndsWithin(slice);
    }

    /// <remarks>A signal, which the runtime sends to threads that it stops for a collection, ends a wait in the kernel.</remarks>
    [Fact]
    public void A_signal_during_the_first_wait_does_not_cost_it_the_ring()
    {
        int interruptions = 0;
        var calls = new RefusingCalls { OnPGetEvents = () => ++interruptions is > 1 and < 4 ? LibC.EINTR : null };
        Assert.True(Keep(new Slice(s_hour, calls)).UsesRing);
        Assert.True(interruptions >= 4);
    }

    [Fact]
    public void Who_asks_seldom_sets_no_timer()
    {
        Slice slice = Start(20 * s_millisecond);
        while (!Ask(slice))
        {
            Busy.For(TimeSpan.FromMicroseconds(2));
        }

        Assert.Equal(0, slice.SystemCalls);
    }

    [Fact]
    public void Who_asks_in_a_tight_loop_sets_it_once_for_each_slice()
    {
        Slice slice = Start(20 * s_millisecond);
        for (int i = 1; i <= 3; i++)
        {
            AskUntilFree(slice);
            Assert.Equal(2 * i, slice.SystemCalls);
            EndsWithin(slice);
            slice.Begin(Stopwatch.GetTimestamp());
        }
    }

    [Fact]
    public void Two_slices_know_nothing_of_each_other()
    {
        Slice shortOne = Start(s_millisecond);
        Slice longOne = Start(s_hour);
        Assert.False(Ask(longOne));
        Assert.False(Ask(shortOne));
        EndsWithin(shortOne);
        Assert.False(Ask(longOne));
    }
}

/// <summary>The same where the kernel gives no second context: the clock ends it.</summary>
public sealed class SliceWithoutContextTests : ClockSliceTests
{
    internal override Slice Create(long quota) => new(quota, new RefusingCalls { OnSetup = static _ => LibC.EAGAIN });
}

/// <summary>The same where the second context takes no poll of a timer.</summary>
public sealed class SliceWithoutPollTests : ClockSliceTests
{
    internal override Slice Create(long quota) => new(quota, new RefusingCalls { OnSubmit = static _ => LibC.EINVAL });
}

public abstract class ClockSliceTests : SliceTests
{
    /// <remarks>One reading of the clock serves several questions.</remarks>
    [Fact]
    public void A_timer_that_is_armed_for_the_past_is_seen_by_the_next_question()
    {
        for (int questions = 100; questions < 120; questions++)
        {
            Slice slice = Start(s_hour);
            for (int i = 0; i < questions; i++)
            {
                Assert.False(Ask(slice));
            }

            slice.EndBy(Stopwatch.GetTimestamp() - 1);
            Assert.True(Ask(slice));
        }
    }

    [Fact]
    public void The_clock_tells_the_end_and_no_system_call_is_made()
    {
        Slice slice = Start(s_millisecond);
        Assert.False(slice.UsesRing);
        Assert.False(Ask(slice));
        EndsWithin(slice);
        slice.Begin(Stopwatch.GetTimestamp());
        Assert.False(Ask(slice));
        Assert.Equal(0, slice.SystemCalls);
    }
}

/// <summary>What every slice does, whoever ends it.</summary>
public abstract class SliceTests : IDisposable
{
    private protected static readonly long s_millisecond = Stopwatch.Frequency / 1_000;
    private protected static readonly long s_hour = Stopwatch.Frequency * 3_600;
    private const long NoTimer = long.MaxValue;

    private readonly List<Slice> _slices = [];

    internal abstract Slice Create(long quota);

    [Fact]
    public void It_is_not_over_when_it_begins() => Assert.False(Ask(Start(s_hour)));

    [Fact]
    public void It_is_over_after_its_quota_and_not_before()
    {
        long start = Stopwatch.GetTimestamp();
        Slice slice = Start(20 * s_millisecond);
        Assert.False(Ask(slice));
        EndsWithin(slice);
        Assert.True(Stopwatch.GetTimestamp() - start >= 20 * s_millisecond - ResolutionOfTimeSpan);
    }

    [Fact]
    public void It_stays_over_until_the_next_one_begins()
    {
        Slice slice = Start(s_millisecond);
        Assert.False(Ask(slice));
        EndsWithin(slice);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.True(Ask(slice));
        }

        slice.Begin(Stopwatch.GetTimestamp());
        Assert.False(Ask(slice));
    }

    [Fact]
    public void One_after_the_other_ends()
    {
        Slice slice = Start(s_millisecond / 10);
        for (int i = 0; i < 200; i++)
        {
            long start = Stopwatch.GetTimestamp();
            slice.Begin(start);
            EndsWithin(slice);
            Assert.True(Stopwatch.GetTimestamp() - start >= s_millisecond / 10 - ResolutionOfTimeSpan);
        }
    }

    [Fact]
    public void What_one_has_not_used_does_not_shorten_or_lengthen_the_next()
    {
        Slice slice = Start(5 * s_millisecond);
        Assert.False(Ask(slice));
        EndsWithin(slice);

        // Nobody asks for several times the quota, as on a shard that sleeps.
        Busy.For(TimeSpan.FromMilliseconds(15));
        long start = Stopwatch.GetTimestamp();
        slice.Begin(start);
        EndsWithin(slice);
        Assert.True(Stopwatch.GetTimestamp() - start >= 5 * s_millisecond - ResolutionOfTimeSpan);
    }

    [Fact]
    public void A_timer_ends_it_earlier()
    {
        Slice slice = Start(s_hour);
        long deadline = Stopwatch.GetTimestamp() + 5 * s_millisecond;
        bool wasOver = Ask(slice, deadline);
        Assert.True(!wasOver || Stopwatch.GetTimestamp() >= deadline);
        EndsWithin(slice, deadline);
        Assert.True(Stopwatch.GetTimestamp() >= deadline - ResolutionOfTimeSpan);
    }

    [Fact]
    public void A_timer_that_is_due_ends_it_at_once()
    {
        Slice slice = Start(s_hour);
        Assert.True(Ask(slice, Stopwatch.GetTimestamp()));
        Assert.True(Ask(slice, Stopwatch.GetTimestamp() - s_hour));

        // The timer has been called.
        Assert.False(Ask(slice));
    }

    [Fact]
    public void A_timer_that_is_armed_meanwhile_ends_it_earlier()
    {
        Slice slice = Start(s_hour);
        Assert.False(Ask(slice));
        long deadline = Stopwatch.GetTimestamp() + 5 * s_millisecond;
        slice.EndBy(deadline);
        EndsWithin(slice, deadline);
        Assert.True(Stopwatch.GetTimestamp() >= deadline - ResolutionOfTimeSpan);
    }

    [Fact]
    public void A_timer_that_is_armed_meanwhile_for_the_past_ends_it_at_once()
    {
        Slice slice = Start(s_hour);
        Assert.False(Ask(slice));
        slice.EndBy(Stopwatch.GetTimestamp() - s_hour);
        EndsWithin(slice);
    }

    [Fact]
    public void A_timer_for_later_does_not_lengthen_it()
    {
        Slice slice = Start(s_millisecond);
        Assert.False(Ask(slice, Stopwatch.GetTimestamp() + s_hour));
        slice.EndBy(Stopwatch.GetTimestamp() + s_hour);
        EndsWithin(slice);
    }

    [Fact]
    public void Of_two_timers_the_earlier_ends_it()
    {
        Slice slice = Start(s_hour);
        Assert.False(Ask(slice));
        slice.EndBy(Stopwatch.GetTimestamp() + s_millisecond);
        slice.EndBy(Stopwatch.GetTimestamp() + s_hour / 2);
        EndsWithin(slice);
    }

    [Fact]
    public void A_timer_that_is_armed_before_anybody_asks_ends_it_without_a_system_call()
    {
        Slice slice = Start(s_hour);
        slice.EndBy(Stopwatch.GetTimestamp());
        Assert.True(Ask(slice));
        Assert.Equal(0, slice.SystemCalls);
    }

    [Fact]
    public void Where_nobody_asks_nothing_is_armed()
    {
        Slice slice = Start(s_millisecond / 10);
        for (int i = 0; i < 1_000; i++)
        {
            slice.Begin(Stopwatch.GetTimestamp());
        }

        Assert.Equal(0, slice.SystemCalls);
    }

    /// <remarks>Code whose shard has stopped goes on elsewhere, and may still ask.</remarks>
    [Fact]
    public void One_that_was_given_back_is_not_over()
    {
        var slice = Create(s_hour);
        slice.Begin(Stopwatch.GetTimestamp());
        slice.Dispose();
        Assert.False(slice.MayBeOver);
    }

    [Fact]
    public void An_endless_one_is_never_over()
    {
        Slice slice = Start(Slice.Endless);
        Assert.False(slice.UsesRing);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.False(Ask(slice, Stopwatch.GetTimestamp() - 1));
            slice.EndBy(Stopwatch.GetTimestamp() - 1);
            slice.Begin(Stopwatch.GetTimestamp());
        }

        Assert.Equal(0, slice.SystemCalls);
    }

    [Fact]
    public void Asking_arming_and_beginning_allocate_nothing()
    {
        Slice slice = Start(s_millisecond / 100);
        long before = 0;
        for (int i = 0; i < 300; i++)
        {
            if (i == 200)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            slice.Begin(Stopwatch.GetTimestamp());
            _ = Ask(slice);
            slice.EndBy(Stopwatch.GetTimestamp());
            while (!Ask(slice))
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose()
    {
        _slices.ForEach(slice => slice.Dispose());
        GC.SuppressFinalize(this);
    }

    internal Slice Start(long quota) => Keep(Create(quota));

    internal Slice Keep(Slice slice)
    {
        _slices.Add(slice);
        slice.Begin(Stopwatch.GetTimestamp());
        return slice;
    }

    /// <summary>Asks in a tight loop, until the kernel is to tell the end. A slice that ends meanwhile begins anew.</summary>
    internal static void AskUntilFree(Slice slice) => Eventually.Until(
        () =>
        {
            for (int i = 0; i < 1_000 && slice.MayBeOver; i++)
            {
                if (slice.IsOver(NoTimer))
                {
                    slice.Begin(Stopwatch.GetTimestamp());
                }
            }

            return !slice.MayBeOver;
        },
        "questions that are free");

    internal static bool Ask(Slice slice, long nextTimer = NoTimer) => slice.MayBeOver && slice.IsOver(nextTimer);

    internal static void EndsWithin(Slice slice, long nextTimer = NoTimer) => Eventually.Until(() => Ask(slice, nextTimer), "the end of the slice");

    /// <summary>The kernel's timer is set through a TimeSpan, which cuts off less than 100 ns.</summary>
    private static long ResolutionOfTimeSpan => Stopwatch.Frequency / 10_000_000;
}
