using System.Diagnostics;
using Reactor.Polling;
using Reactor.Tests.Support;

namespace Reactor.Tests.Polling;

// More polls than the kernel has places for.
public abstract partial class PollBackendTests
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
        Assert.Equal(Count, Counters.PollsSubmitted);
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
}
