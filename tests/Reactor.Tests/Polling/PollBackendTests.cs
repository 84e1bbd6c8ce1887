using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

/// <summary>What every backend does, whatever it asks the kernel.</summary>
public abstract partial class PollBackendTests : IDisposable
{
    private readonly List<int> _fds = [];

    internal PollBackendTests() => Backend = Create(64);

    internal PollBackend Backend { get; private set; }

    internal PollCounters Counters => Backend.Counters;

    [Theory]
    [MemberData(nameof(ReadableKinds))]
    public void A_waiter_is_told_when_its_descriptor_becomes_readable_and_not_before(string kind)
    {
        (int fd, Action makeReady) = Readable(kind);
        int handle = Backend.Register(fd);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        Turn();
        Assert.Equal(0, waiter.Count);
        makeReady();
        TurnUntil(() => waiter.Count > 0, "told of readiness");
        Assert.True(waiter.Results[0] >= 0);
        Turn();
        Assert.Equal(1, waiter.Count);
        Assert.NotEqual(0, Descriptors.Poll(fd, LibC.POLLIN));
        Backend.Close(handle, CloseMode.Cancel);
    }

    public static TheoryData<string> ReadableKinds => ["pipe", "socketpair", "tcp", "listener", "eventfd", "timerfd", "udp"];

    [Fact]
    public void A_waiter_is_told_when_its_descriptor_becomes_writable_and_not_before()
    {
        (int own, int peer) = Pair();
        Descriptors.Fill(own);
        int handle = Backend.Register(own);
        RecordingWaiter waiter = Arm(handle, PollDirection.Write);
        Turn();
        Assert.Equal(0, waiter.Count);
        TurnUntil(() => Descriptors.Read(peer).WouldBlock && waiter.Count > 0, "told of room");
        Assert.Equal(1, waiter.Count);
        Backend.Close(handle, CloseMode.Graceful);
    }

    [Fact]
    public void What_is_ready_when_it_is_submitted_completes_in_the_same_turn()
    {
        int handle = Backend.Register(Descriptors.EventFd(1));
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Assert.Equal(0, waiter.Count);
        Turn();
        Assert.Equal(1, waiter.Count);
        Assert.Equal(0, Counters.PollsArmed);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void Both_directions_of_a_descriptor_are_told_apart()
    {
        (int own, int peer) = Pair();
        int handle = Backend.Register(own);
        RecordingWaiter reader = Arm(handle, PollDirection.Read);
        RecordingWaiter writer = Arm(handle, PollDirection.Write);
        Turn();
        Assert.Equal((0, 1), (reader.Count, writer.Count));
        Descriptors.Write(peer);
        TurnUntil(() => reader.Count == 1, "the reader told");
        Assert.Equal(1, writer.Count);
        Backend.Close(handle, CloseMode.Graceful);
    }

    [Fact]
    public void A_waiter_may_be_armed_again_as_soon_as_it_was_told()
    {
        int fd = Descriptors.EventFd(1);
        int handle = Backend.Register(fd);
        RecordingWaiter waiter = null!;
        waiter = new RecordingWaiter(_ =>
        {
            if (waiter.Count < 10)
            {
                Backend.Arm(handle, PollDirection.Read, waiter);
            }
        });
        Backend.Arm(handle, PollDirection.Read, waiter);
        TurnUntil(() => waiter.Count == 10, "told ten times");
        Turn();
        Assert.Equal(10, waiter.Count);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void Abandoning_what_was_never_armed_does_nothing()
    {
        int handle = Backend.Register(Descriptors.EventFd(1));
        Backend.Abandon(handle, PollDirection.Read);
        Backend.Abandon(handle, PollDirection.Write);
        Turn();
        Assert.Equal(0, Counters.PollsSubmitted);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_bad_descriptor_in_the_batch_fails_alone(int position)
    {
        int[] handles = new int[5];
        RecordingWaiter[] waiters = new RecordingWaiter[5];
        for (int i = 0; i < 5; i++)
        {
            handles[i] = Backend.Register(i == position ? -1 : Descriptors.EventFd(1));
            waiters[i] = Arm(handles[i], PollDirection.Read);
        }

        Turn();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(1, waiters[i].Count);
            Assert.Equal(i == position ? -LibC.EBADF : LibC.POLLIN, waiters[i].Results[0]);
        }

        Assert.Equal(1, Counters.PollsRefused);
        Assert.Equal(0, Counters.PollsArmed);
        CloseAll(handles);
    }

    [Fact]
    public void A_batch_of_bad_descriptors_fails_each_of_them_once()
    {
        int[] handles = [.. Enumerable.Range(0, 10).Select(_ => Backend.Register(-1))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Turn();
        Assert.All(waiters, waiter => Assert.Equal([-LibC.EBADF], waiter.Results));
        Assert.Equal(10, Counters.PollsRefused);
        CloseAll(handles);
    }

    [Fact]
    public void A_descriptor_that_was_refused_may_be_armed_again()
    {
        int handle = Backend.Register(-1);
        for (int round = 0; round < 3; round++)
        {
            RecordingWaiter waiter = Arm(handle, PollDirection.Read);
            Turn();
            Assert.Equal([-LibC.EBADF], waiter.Results);
        }

        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void A_waiter_that_arms_again_when_it_is_refused_does_not_hold_up_the_submit()
    {
        int good = Backend.Register(Descriptors.EventFd(1));
        int bad = Backend.Register(-1);
        RecordingWaiter refused = null!;
        refused = new RecordingWaiter(_ =>
        {
            if (refused.Count < 1000)
            {
                Backend.Arm(bad, PollDirection.Read, refused);
            }
        });
        Backend.Arm(bad, PollDirection.Read, refused);
        RecordingWaiter waiter = Arm(good, PollDirection.Read);
        Turn();
        Assert.Equal(1, waiter.Count);
        Assert.Equal(1, refused.Count);
        Backend.Abandon(bad, PollDirection.Read);
        CloseAll(good, bad);
    }

    [Fact]
    public void A_refused_wake_up_that_arms_again_disturbs_no_other_poll()
    {
        int wakeUp = Backend.RegisterWakeUp(-1);
        RecordingWaiter waker = null!;
        waker = new RecordingWaiter(_ =>
        {
            if (waker.Count < 5)
            {
                Backend.Arm(wakeUp, PollDirection.Read, waker);
            }
        });
        int[] handles = [.. Enumerable.Range(0, 3).Select(_ => Backend.Register(Pair().Own))];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Backend.Arm(wakeUp, PollDirection.Read, waker);
        for (int turn = 0; turn < 6; turn++)
        {
            Turn();
        }

        Assert.Equal(5, waker.Count);
        Assert.Equal(3, Counters.PollsArmed);
        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
        CloseAll([.. handles, wakeUp]);
    }

    [Fact]
    public void Thousands_of_descriptors_are_served()
    {
        const int Count = 3000;
        Replace(Count + 10);
        int[] fds = [.. Enumerable.Range(0, Count).Select(_ => Descriptors.EventFd())];
        int[] handles = [.. fds.Select(Backend.Register)];
        RecordingWaiter[] waiters = [.. handles.Select(handle => Arm(handle, PollDirection.Read))];
        Turn();
        foreach (int fd in fds)
        {
            Descriptors.Signal(fd);
        }

        TurnUntil(() => waiters.All(waiter => waiter.Count == 1), "all told");
        CloseAll(handles);
    }

    [Fact]
    public void Waiting_ends_when_the_time_is_over()
    {
        int handle = Backend.Register(Descriptors.EventFd());
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        long start = Stopwatch.GetTimestamp();
        Backend.Wait(TimeSpan.FromMilliseconds(20));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20));
        Assert.Equal(0, waiter.Count);
        Backend.Close(handle, CloseMode.Cancel);
    }

    [Fact]
    public void Waiting_without_end_ends_with_a_completion_from_another_thread()
    {
        int fd = Descriptors.EventFd();
        int handle = Backend.Register(fd);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        using var timer = new Timer(_ => Descriptors.Signal(fd), null, 20, Timeout.Infinite);
        Backend.Wait(null);
        Assert.Equal(1, waiter.Count);
        Backend.Close(handle, CloseMode.Cancel);
    }

    public void Dispose()
    {
        Backend.Dispose();
        Descriptors.Close([.. _fds]);
        GC.SuppressFinalize(this);
    }

    /// <param name="places">How many polls may be in the kernel at a time.</param>
    internal abstract PollBackend Create(int places);

    /// <summary>Takes another backend for this test.</summary>
    internal void Replace(int places)
    {
        Backend.Dispose();
        Backend = Create(places);
    }

    internal RecordingWaiter Arm(int handle, PollDirection direction)
    {
        var waiter = new RecordingWaiter();
        Backend.Arm(handle, direction, waiter);
        return waiter;
    }

    /// <summary>What the shard's loop does in a turn.</summary>
    internal void Turn()
    {
        Backend.Harvest();
        Backend.Submit();
        Backend.Harvest();
    }

    internal void TurnUntil(Func<bool> condition, string what) => Eventually.Until(
        () =>
        {
            Turn();
            return condition();
        },
        what);

    /// <summary>Closes what was only polled, and proves that nothing is left.</summary>
    internal void CloseAll(params ReadOnlySpan<int> handles)
    {
        foreach (int handle in handles)
        {
            Backend.Close(handle, CloseMode.Cancel);
        }

        TurnUntil(() => Counters.Closing == 0, "all closed");
        Assert.Equal(0, Counters.Descriptors);
        Assert.Equal(0, Counters.PollsArmed);
    }

    /// <summary>A connected pair; the backend gets the first, the test keeps the second.</summary>
    internal (int Own, int Peer) Pair()
    {
        (int own, int peer) = Descriptors.Pair();
        _fds.Add(peer);
        return (own, peer);
    }

    internal (int Own, int Peer) Tcp()
    {
        (int own, int peer) = Descriptors.Tcp();
        _fds.Add(peer);
        return (own, peer);
    }

    internal (int Own, int Peer) PipeToRead()
    {
        (int read, int write) = Descriptors.Pipe();
        _fds.Add(write);
        return (read, write);
    }

    internal (int Own, int Peer) PipeToWrite()
    {
        (int read, int write) = Descriptors.Pipe();
        _fds.Add(read);
        return (write, read);
    }

    private (int Fd, Action MakeReady) Readable(string kind)
    {
        switch (kind)
        {
            case "pipe":
                (int read, int write) = PipeToRead();
                return (read, () => Descriptors.Write(write));
            case "socketpair":
                (int own, int peer) = Pair();
                return (own, () => Descriptors.Write(peer));
            case "tcp":
                (int client, int server) = Tcp();
                return (client, () => Descriptors.Write(server));
            case "listener":
                int listener = Descriptors.Listener(out System.Net.IPEndPoint address);
                return (listener, () =>
                {
                    int connecting = Sockets.CreateTcp(address.AddressFamily).OrThrow("socket");
                    _fds.Add(connecting);
                    Sockets.Connect(connecting, NativeAddress.From(address));
                }
                );
            case "eventfd":
                int eventFd = Descriptors.EventFd();
                return (eventFd, () => Descriptors.Signal(eventFd));
            case "timerfd":
                var timer = new TimerFd();
                return (timer.Fd, () => timer.Arm(TimeSpan.FromMilliseconds(1)));
            default:
                var receiver = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
                receiver.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
                // The backend closes what it polls: it gets a descriptor of its own.
                int copy = SysResult.From(LibC.dup((int)receiver.Handle)).OrThrow("dup");
                return (copy, () =>
                {
                    receiver.SendTo([1], receiver.LocalEndPoint!);
                    receiver.Dispose();
                }
                );
        }
    }
}
