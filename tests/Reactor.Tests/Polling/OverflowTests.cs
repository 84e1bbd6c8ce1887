using Microsoft.Win32.SafeHandles;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

/// <summary>More polls than the context has places for, and descriptors that AIO has no polls for.</summary>
public sealed class OverflowTests : IDisposable
{
    private const int Places = 4;

    private readonly AioPollBackend _backend = new(Contexts.Create(Places + 1));
    private readonly List<int> _handles = [];
    private readonly List<int> _peers = [];

    private PollCounters Counters => _backend.Counters;

    [Fact]
    public void Busy_descriptors_beyond_the_budget_are_served_over_and_over()
    {
        (int Handle, int Own, int Peer)[] all = Many(3 * Places);
        RecordingWaiter[] idle = [.. all[..Places].Select(one => Arm(one.Handle, PollDirection.Read))];
        Turn();
        Assert.Equal(Places, Counters.PollsArmed);
        foreach ((int handle, int own, int peer) in all[Places..])
        {
            for (int round = 0; round < 20; round++)
            {
                RecordingWaiter waiter = Arm(handle, PollDirection.Read);
                Turn();
                Assert.Equal((Places, 1L, 0), (Counters.PollsArmed, Counters.PollsOverflowing, waiter.Count));
                Descriptors.Write(peer);
                TurnUntil(() => waiter.Count == 1, "told of readiness");
                Descriptors.Read(own);
            }
        }

        Assert.All(idle, waiter => Assert.Equal(0, waiter.Count));
        Assert.Equal(0, Counters.PollsOverflowing);
    }

    [Fact]
    public void It_returns_to_plain_polls_when_there_is_room()
    {
        (int Handle, int Own, int Peer)[] all = Many(Places + 1);
        foreach ((int handle, _, _) in all)
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        Assert.Equal(1, Counters.PollsOverflowing);
        (int lastHandle, int lastOwn, int lastPeer) = all[^1];
        _backend.Close(all[0].Handle, CloseMode.Graceful);
        _handles.Remove(all[0].Handle);
        TurnUntil(() => Counters.PollsArmed == Places - 1, "a place");
        Descriptors.Write(lastPeer);
        TurnUntil(() => Counters.PollsOverflowing == 0, "the end of the wait beyond the budget");
        Descriptors.Read(lastOwn);
        long overflows = Counters.Overflows;
        RecordingWaiter waiter = Arm(lastHandle, PollDirection.Read);
        Turn();
        Assert.Equal((Places, overflows), (Counters.PollsArmed, Counters.Overflows));
        Descriptors.Write(lastPeer);
        TurnUntil(() => waiter.Count == 1, "told by a plain poll");
    }

    [Fact]
    public void Both_directions_may_wait_beyond_the_budget()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        Descriptors.Fill(own);
        RecordingWaiter reader = Arm(handle, PollDirection.Read);
        RecordingWaiter writer = Arm(handle, PollDirection.Write);
        Turn();
        Assert.Equal(2, Counters.PollsOverflowing);
        Descriptors.Write(peer);
        TurnUntil(() => reader.Count == 1, "the reader told");
        Assert.Equal((0, 1L), (writer.Count, Counters.PollsOverflowing));
        TurnUntil(() => Descriptors.Read(peer).WouldBlock && writer.Count > 0, "the writer told");
        Assert.Equal((1, 0L), (reader.Count, Counters.PollsOverflowing));
    }

    [Fact]
    public void A_wait_that_is_abandoned_is_taken_over_by_the_next()
    {
        Fill();
        (int handle, _, int peer) = Many(1)[0];
        RecordingWaiter first = Arm(handle, PollDirection.Read);
        Turn();
        _backend.Abandon(handle, PollDirection.Read);
        RecordingWaiter second = Arm(handle, PollDirection.Read);
        Turn();
        Descriptors.Write(peer);
        TurnUntil(() => second.Count == 1, "the second told");
        Assert.Equal((0, 0L), (first.Count, Counters.StaleCompletions));
    }

    [Fact]
    public void One_that_is_closed_while_it_waits_is_closed_at_once_and_its_number_used_again_without_a_mix_up()
    {
        Fill();
        for (int i = 0; i < 100; i++)
        {
            (int handle, _, int peer) = Many(1)[0];
            RecordingWaiter waiter = Arm(handle, PollDirection.Read);
            Turn();
            long descriptors = Counters.Descriptors;
            Descriptors.Write(peer);
            _backend.Close(handle, CloseMode.Graceful);
            _handles.Remove(handle);
            Assert.Equal((descriptors - 1, 0L), (Counters.Descriptors, Counters.PollsOverflowing));
            Turn();
            Assert.Equal(0, waiter.Count);
        }
    }

    [Fact]
    public void Idle_ones_beyond_the_budget_cost_no_system_calls()
    {
        Fill();
        foreach ((int handle, _, _) in Many(10 * Places))
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        long calls = Counters.SystemCalls;
        for (int i = 0; i < 10; i++)
        {
            Turn();
        }

        _backend.Wait(TimeSpan.FromMilliseconds(20));
        Assert.Equal(calls + 1, Counters.SystemCalls);
    }

    [Fact]
    public void A_busy_one_beyond_the_budget_costs_two_calls_for_each_event_and_none_for_each_wait()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        KeepInSet(handle, own, peer);
        long calls = Counters.SystemCalls;
        for (int round = 0; round < 100; round++)
        {
            Serve(handle, own, peer);
        }

        // The poll of the set is submitted, and the set is asked.
        Assert.Equal(200, Counters.SystemCalls - calls);
    }

    [Fact]
    public void A_busy_one_that_stops_waiting_does_not_keep_the_shard_awake()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        Arm(Many(1)[0].Handle, PollDirection.Read);
        KeepInSet(handle, own, peer);
        Descriptors.Write(peer);
        for (int i = 0; i < 5; i++)
        {
            Turn();
        }

        long calls = Counters.SystemCalls;
        for (int i = 0; i < 5; i++)
        {
            Turn();
            Assert.False(_backend.HasEvents);
        }

        Assert.Equal(calls, Counters.SystemCalls);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        TurnUntil(() => waiter.Count == 1, "told of what has come meanwhile");
    }

    [Fact]
    public void What_a_busy_one_has_been_told_and_not_taken_is_told_again()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        KeepInSet(handle, own, peer);
        Descriptors.Write(peer);
        for (int round = 0; round < 5; round++)
        {
            RecordingWaiter waiter = Arm(handle, PollDirection.Read);
            TurnUntil(() => waiter.Count == 1, "told once more");
        }
    }

    [Fact]
    public void A_wait_of_a_busy_one_that_is_abandoned_takes_no_event_with_it()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        KeepInSet(handle, own, peer);
        Arm(handle, PollDirection.Read);
        Turn();
        _backend.Abandon(handle, PollDirection.Read);
        Descriptors.Write(peer);
        Turn();
        Turn();
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        TurnUntil(() => waiter.Count == 1, "the next told");
    }

    [Fact]
    public void A_busy_one_may_wait_for_writing_as_well()
    {
        Fill();
        (int handle, int own, int peer) = Many(1)[0];
        KeepInSet(handle, own, peer);
        Descriptors.Fill(own);
        RecordingWaiter writer = Arm(handle, PollDirection.Write);
        RecordingWaiter reader = Arm(handle, PollDirection.Read);
        Turn();
        Assert.Equal((0, 0), (reader.Count, writer.Count));
        Descriptors.Write(peer);
        TurnUntil(() => reader.Count == 1, "the reader told");
        Assert.Equal(0, writer.Count);
        TurnUntil(() => Descriptors.Read(peer).WouldBlock && writer.Count > 0, "the writer told");
        Descriptors.Read(own);
        KeepInSet(handle, own, peer);
    }

    [Fact]
    public void A_busy_one_returns_to_plain_polls_when_there_is_room()
    {
        (int Handle, int Own, int Peer)[] all = Many(Places);
        foreach ((int one, _, _) in all)
        {
            Arm(one, PollDirection.Read);
        }

        Turn();
        (int handle, int own, int peer) = Many(1)[0];
        KeepInSet(handle, own, peer);
        Descriptors.Write(all[0].Peer);
        TurnUntil(() => Counters.PollsArmed == Places - 1, "a place");
        long overflows = Counters.Overflows;
        Serve(handle, own, peer);
        Serve(handle, own, peer);
        Assert.Equal((overflows, 0L), (Counters.Overflows, Counters.PollsOverflowing));
    }

    [Fact]
    public void It_is_told_once_that_there_are_more_than_the_budget()
    {
        int told = 0;
        _backend.OnFirstOverflow = () => told++;
        Fill();
        Assert.Equal(0, told);
        foreach ((int handle, _, _) in Many(5))
        {
            Arm(handle, PollDirection.Read);
            Turn();
        }

        Assert.Equal(1, told);
    }

    [Fact]
    public void What_AIO_has_no_polls_for_waits_in_the_set()
    {
        int fd = Fifo();
        int handle = _backend.Register(fd);
        _handles.Add(handle);
        for (int round = 1; round <= 3; round++)
        {
            RecordingWaiter waiter = Arm(handle, PollDirection.Read);
            Turn();
            Assert.Equal((0, 1L, 0L), (waiter.Count, Counters.PollsOverflowing, Counters.PollsRefused));
            Descriptors.Write(fd);
            TurnUntil(() => waiter.Count == 1, "told of readiness");
            Assert.True(waiter.Results[0] > 0);
            Descriptors.Read(fd);
            Assert.Equal(round, Counters.Overflows);
        }
    }

    /// <remarks>A metric may be read at any moment.</remarks>
    [Fact]
    public void The_poll_of_the_set_is_not_counted_at_any_time()
    {
        int fd = Fifo();
        int inSet = _backend.Register(fd);
        (int handle, _, int peer) = Many(1)[0];
        _handles.Add(inSet);
        List<long> armed = [];
        _backend.Arm(handle, PollDirection.Read, new RecordingWaiter(_ => armed.Add(Counters.PollsArmed)));
        RecordingWaiter waiter = Arm(inSet, PollDirection.Read);
        Turn();
        Descriptors.Write(peer);
        Descriptors.Write(fd);
        TurnUntil(() => waiter.Count == 1, "both told");
        Assert.Equal([0], armed);
        Assert.Equal((1L, 1L), (Counters.PollsSubmitted, Counters.PollsCompleted));
    }

    [Fact]
    public void What_is_always_ready_waits_for_no_place()
    {
        Fill();
        using SafeFileHandle file = File.OpenHandle("/proc/self/exe");
        int handle = _backend.Register(FileDescriptor.Duplicate((int)file.DangerousGetHandle()).OrThrow("dup"));
        _handles.Add(handle);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        Assert.Equal([LibC.POLLIN | LibC.POLLOUT], waiter.Results);
        Assert.Equal((Places, 0L, 0L, 0), (Counters.PollsArmed, Counters.PollsOverflowing, Counters.PollsRefused, _backend.Queued));
    }

    public void Dispose()
    {
        _handles.ForEach(handle => _backend.Close(handle, CloseMode.Graceful));
        _backend.Dispose();
        _peers.ForEach(peer => FileDescriptor.Close(peer));
    }

    /// <summary>Waits and receives until the set watches it for good.</summary>
    private void KeepInSet(int handle, int own, int peer)
    {
        for (int round = 0; round < 20; round++)
        {
            Serve(handle, own, peer);
        }
    }

    /// <summary>One event: a wait, a byte, and its receipt, in as many turns as a shard needs.</summary>
    private void Serve(int handle, int own, int peer)
    {
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Descriptors.Write(peer);
        TurnUntil(() => waiter.Count == 1, "told of readiness");
        Descriptors.Read(own);
    }

    /// <summary>Takes all places.</summary>
    private void Fill()
    {
        foreach ((int handle, _, _) in Many(Places))
        {
            Arm(handle, PollDirection.Read);
        }

        Turn();
        Assert.Equal((Places, 0L), (Counters.PollsArmed, Counters.PollsOverflowing));
    }

    private (int Handle, int Own, int Peer)[] Many(int count)
    {
        var all = new (int, int, int)[count];
        for (int i = 0; i < count; i++)
        {
            (int own, int peer) = Descriptors.Pair();
            int handle = _backend.Register(own);
            _handles.Add(handle);
            _peers.Add(peer);
            all[i] = (handle, own, peer);
        }

        return all;
    }

    /// <summary>Open both ways: AIO has no polls for it.</summary>
    private static unsafe int Fifo()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
        {
            SysResult.From(LibC.mkfifo(name, 0x180)).OrThrow("mkfifo");
            int fd = SysResult.From(LibC.open(name, LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC)).OrThrow("open");
            File.Delete(path);
            return fd;
        }
    }

    private RecordingWaiter Arm(int handle, PollDirection direction)
    {
        var waiter = new RecordingWaiter();
        _backend.Arm(handle, direction, waiter);
        return waiter;
    }

    private void Turn()
    {
        _backend.Harvest();
        _backend.Submit();
        _backend.Harvest();
    }

    private void TurnUntil(Func<bool> condition, string what) => Eventually.Until(
        () =>
        {
            Turn();
            return condition();
        },
        what);
}
