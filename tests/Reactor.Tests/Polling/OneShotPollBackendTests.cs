using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Polling;

/// <summary>What backends do whose polls are armed one by one, in batches, end when they fire, and have a limited number of places in the kernel.</summary>
public abstract class OneShotPollBackendTests : PollBackendTests
{
    [Fact]
    public void Polls_beyond_the_budget_wait_and_complete_when_others_have_fired()
    {
        const int Places = 4;
        const int Count = 50;
        Replace(Places);
        (int Own, int Peer)[] pairs = [.. Enumerable.Range(0, Count).Select(_ => Pair())];
        int[] handles = [.. pairs.Select(pair => Backend.Register(pair.Own))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Turn();
        Turn();
        Assert.Equal(Places, Counters.PollsArmed);
        foreach ((_, int peer) in pairs)
        {
            Descriptors.Write(peer);
        }

        TurnUntil(
            () =>
            {
                Assert.InRange(Counters.PollsArmed, 0, Places);
                return waiters.All(waiter => waiter.Count == 1);
            },
            "all told");
        Assert.Equal((Places, Count - Places), (Counters.PollsSubmitted, Counters.Overflows));
        CloseAll(handles);
    }

    [Fact]
    public void A_full_budget_costs_no_system_calls_and_does_not_shorten_the_sleep()
    {
        Replace(4);
        int[] handles = [.. Enumerable.Range(0, 10).Select(_ => Backend.Register(Pair().Own))];
        foreach (int handle in handles)
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        long calls = Counters.SystemCalls;
        for (int i = 0; i < 10; i++)
        {
            Turn();
        }

        Assert.Equal(calls, Counters.SystemCalls);
        long start = Stopwatch.GetTimestamp();
        Backend.Wait(TimeSpan.FromMilliseconds(60));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(60));
        Assert.Equal(calls + 1, Counters.SystemCalls);
        CloseAll(handles);
    }

    [Fact]
    public void The_wake_up_gets_its_place_back_however_many_polls_wait_for_one()
    {
        Replace(4);
        int wakeUpFd = Descriptors.EventFd();
        int wakeUp = Backend.RegisterWakeUp(wakeUpFd);
        RecordingWaiter waker = null!;
        waker = new RecordingWaiter(_ =>
        {
            Descriptors.Take(wakeUpFd);
            Backend.Arm(wakeUp, PollDirection.Read, waker);
        });
        Backend.Arm(wakeUp, PollDirection.Read, waker);
        int[] handles = [.. Enumerable.Range(0, 20).Select(_ => Backend.Register(Pair().Own))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Turn();
        for (int round = 1; round <= 100; round++)
        {
            Descriptors.Signal(wakeUpFd);
            Backend.Wait(Eventually.Deadline);
            Assert.Equal(round, waker.Count);
            Turn();
            Assert.Equal(4, Counters.PollsArmed);
        }

        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
        CloseAll([.. handles, wakeUp]);
    }

    [Fact]
    public void A_wake_up_that_is_armed_last_still_goes_first()
    {
        Replace(4);
        int[] handles = [.. Enumerable.Range(0, 20).Select(_ => Backend.Register(Pair().Own))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        int wakeUp = Backend.RegisterWakeUp(Descriptors.EventFd(1));
        RecordingWaiter waker = Arm(wakeUp, PollDirection.Read);
        Turn();
        Assert.Equal(1, waker.Count);
        CloseAll([.. handles, wakeUp]);
        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
    }

    [Fact]
    public void Abandoning_polls_that_wait_for_a_place_lets_the_others_move_up()
    {
        Replace(4);
        (int Own, int Peer)[] pairs = [.. Enumerable.Range(0, 12).Select(_ => Pair())];
        int[] handles = [.. pairs.Select(pair => Backend.Register(pair.Own))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Turn();

        // Four are in the kernel; of the eight that wait, every other one gives up.
        for (int i = 4; i < 12; i += 2)
        {
            Backend.Abandon(handles[i], PollDirection.Read);
        }

        foreach ((_, int peer) in pairs)
        {
            Descriptors.Write(peer);
        }

        TurnUntil(() => waiters.Sum(waiter => waiter.Count) == 8, "eight told");
        Assert.Equal([1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1], waiters.Select(waiter => waiter.Count));
        CloseAll(handles);
    }

    [Fact]
    public void Closing_a_descriptor_whose_poll_waits_for_a_place_closes_it_at_once()
    {
        Replace(4);
        int[] handles = [.. Enumerable.Range(0, 4).Select(_ => Backend.Register(Pair().Own))];
        foreach (int handle in handles)
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        (int own, int peer) = Pair();
        int waiting = Backend.Register(own);
        Arm(waiting, PollDirection.Read);
        Turn();
        Backend.Close(waiting, CloseMode.Graceful);
        Assert.Equal(0, Counters.Closing);
        Assert.Equal(0, Descriptors.Read(peer).OrThrow("read"));
        CloseAll(handles);
    }

    [Fact]
    public void All_polls_of_a_turn_go_out_in_one_call()
    {
        int[] handles = [.. Enumerable.Range(0, 20).Select(_ => Backend.Register(Pair().Own))];
        foreach (int handle in handles)
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        Assert.Equal(20, Counters.PollsSubmitted);
        Assert.Equal(1, Counters.SubmitCalls);
        Assert.Equal(20, Counters.PollsArmed);
        CloseAll(handles);
    }

    [Fact]
    public void The_next_waiter_takes_over_an_abandoned_poll_without_a_second_submit()
    {
        int fd = Descriptors.EventFd();
        int handle = Backend.Register(fd);
        RecordingWaiter former = Arm(handle, PollDirection.Read);
        Turn();
        Backend.Abandon(handle, PollDirection.Read);
        RecordingWaiter next = Arm(handle, PollDirection.Read);
        Turn();
        Assert.Equal((1, 1), (Counters.PollsSubmitted, Counters.SubmitCalls));
        Descriptors.Signal(fd);
        TurnUntil(() => next.Count == 1, "the next waiter told");
        Assert.Equal(0, former.Count);
        Assert.Equal(0, Counters.StaleCompletions);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void The_completion_of_an_abandoned_poll_is_dropped_and_counted()
    {
        int fd = Descriptors.EventFd();
        int handle = Backend.Register(fd);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        Backend.Abandon(handle, PollDirection.Read);
        Descriptors.Signal(fd);
        TurnUntil(() => Counters.StaleCompletions == 1, "a stale completion");
        Assert.Equal(0, waiter.Count);
        Assert.Equal(0, Counters.PollsArmed);
        RecordingWaiter next = Arm(handle, PollDirection.Read);
        Turn();
        Assert.Equal(1, next.Count);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void A_poll_that_is_abandoned_before_the_submit_never_reaches_the_kernel()
    {
        int first = Backend.Register(Descriptors.EventFd(1));
        int second = Backend.Register(Descriptors.EventFd(1));
        int third = Backend.Register(Descriptors.EventFd(1));
        RecordingWaiter[] waiters = [Arm(first, PollDirection.Read), Arm(second, PollDirection.Read), Arm(third, PollDirection.Read)];
        Backend.Abandon(first, PollDirection.Read);
        Backend.Abandon(third, PollDirection.Read);
        Turn();
        Assert.Equal([0, 1, 0], waiters.Select(waiter => waiter.Count));
        Assert.Equal(1, Counters.PollsSubmitted);
        CloseAll(first, second, third);
    }

    /// <remarks>The reader of the pipe sees its end only when the last descriptor of the writing end is closed.</remarks>
    [Fact]
    public void Dispose_closes_descriptors_whose_last_completion_has_not_come()
    {
        (int own, int peer) = PipeToWrite();
        Descriptors.Fill(own);
        int handle = Backend.Register(own);
        Arm(handle, PollDirection.Write);
        Turn();
        Backend.Close(handle, CloseMode.Cancel);
        Assert.Equal(1, Counters.Closing);
        Replace(64);
        SysResult last = default;
        while ((last = Descriptors.Read(peer)).Value > 0)
        {
        }

        Assert.Equal(new SysResult(0, 0), last);
    }

    [Fact]
    public void A_handle_is_not_given_out_again_before_its_last_completion()
    {
        (int own, _) = PipeToRead();
        int handle = Backend.Register(own);
        Arm(handle, PollDirection.Read);
        Turn();
        Backend.Close(handle, CloseMode.Cancel);
        Assert.Equal(1, Counters.Closing);
        int other = Backend.Register(Descriptors.EventFd());
        Assert.NotEqual(handle, other);
        TurnUntil(() => Counters.Closing == 0, "closed");
        int next = Backend.Register(Descriptors.EventFd());
        Assert.Equal(handle, next);
        CloseAll(other, next);
    }
}
