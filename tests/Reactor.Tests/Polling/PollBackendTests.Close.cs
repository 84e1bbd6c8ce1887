using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

// Closing, in every mode and every state of the slots.
public abstract partial class PollBackendTests
{
    /// <summary>Where the polls of a descriptor are when it is closed.</summary>
    public enum Armed
    {
        Idle,
        Queued,
        Read,
        Write,
        Both,
        Abandoned,
        Completed,
    }

    public static TheoryData<Armed> ArmedStates => [.. Enum.GetValues<Armed>()];

    [Theory]
    [MemberData(nameof(ArmedStates))]
    public void Closing_a_socket_gracefully_sends_FIN(Armed state)
    {
        (int own, int peer) = Tcp();
        RecordingWaiter[] waiters = CloseIn(state, own, peer, CloseMode.Graceful);
        SysResult result = ReadToTheEnd(peer);
        Assert.Equal(new SysResult(0, 0), result);
        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
    }

    [Theory]
    [MemberData(nameof(ArmedStates))]
    public void Closing_a_socket_by_reset_sends_RST_and_no_FIN_before_it(Armed state)
    {
        (int own, int peer) = Tcp();
        RecordingWaiter[] waiters = CloseIn(state, own, peer, CloseMode.Reset);
        SysResult result = ReadToTheEnd(peer);
        Assert.Equal(LibC.ECONNRESET, result.Errno);
        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
    }

    [Theory]
    [MemberData(nameof(ArmedStates))]
    public void Closing_a_unix_socket_gracefully_ends_its_peer(Armed state)
    {
        (int own, int peer) = Pair();
        RecordingWaiter[] waiters = CloseIn(state, own, peer, CloseMode.Graceful);
        Assert.Equal(new SysResult(0, 0), ReadToTheEnd(peer));
        Assert.All(waiters, waiter => Assert.Equal(0, waiter.Count));
    }

    [Theory]
    [InlineData(Armed.Idle)]
    [InlineData(Armed.Queued)]
    [InlineData(Armed.Write)]
    [InlineData(Armed.Abandoned)]
    public void Closing_the_writing_end_of_a_pipe_ends_its_reader(Armed state)
    {
        (int own, int peer) = PipeToWrite();
        Descriptors.Fill(own);
        int handle = Backend.Register(own);
        RecordingWaiter? waiter = state == Armed.Idle ? null : Arm(handle, PollDirection.Write);
        if (state is Armed.Write or Armed.Abandoned)
        {
            Turn();
            Assert.Equal(1, Counters.PollsArmed);
        }

        if (state == Armed.Abandoned)
        {
            Backend.Abandon(handle, PollDirection.Write);
        }

        Backend.Close(handle, CloseMode.Cancel);
        TurnUntil(() => Counters.Closing == 0, "closed");
        Assert.Equal(new SysResult(0, 0), ReadToTheEnd(peer));
        Assert.Equal(0, waiter?.Count ?? 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Closing_an_eventfd_cancels_its_polls(bool both)
    {
        int handle = Backend.Register(Descriptors.EventFd());
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        if (both)
        {
            // Nothing fills the counter of an eventfd but this.
            Fill(Backend, handle);
        }

        Turn();
        Backend.Close(handle, CloseMode.Cancel);
        TurnUntil(() => Counters.Closing == 0, "closed");
        Assert.Equal(0, Counters.Descriptors);
        Assert.Equal(0, Counters.PollsArmed);
        Assert.Equal(0, waiter.Count);

        void Fill(PollBackend backend, int of) => backend.Arm(of, PollDirection.Write, new RecordingWaiter());
    }

    /// <summary>Sockets whose polls a shutdown, or a disconnect, might not end.</summary>
    [Theory]
    [InlineData("listener", CloseMode.Graceful)]
    [InlineData("listener", CloseMode.Reset)]
    [InlineData("never connected", CloseMode.Graceful)]
    [InlineData("never connected", CloseMode.Reset)]
    [InlineData("ended by the peer", CloseMode.Graceful)]
    [InlineData("ended by the peer", CloseMode.Reset)]
    [InlineData("reset by the peer", CloseMode.Graceful)]
    [InlineData("reset by the peer", CloseMode.Reset)]
    [InlineData("half shut", CloseMode.Graceful)]
    [InlineData("half shut", CloseMode.Reset)]
    [InlineData("full", CloseMode.Graceful)]
    [InlineData("full", CloseMode.Reset)]
    [InlineData("udp", CloseMode.Graceful)]
    [InlineData("unix", CloseMode.Reset)]
    internal void A_socket_in_any_state_lets_go_of_its_polls(string state, CloseMode mode)
    {
        int own;
        switch (state)
        {
            case "listener":
                own = Descriptors.Listener(out _);
                break;
            case "never connected":
                own = Sockets.CreateTcp(System.Net.Sockets.AddressFamily.InterNetwork).OrThrow("socket");
                break;
            case "udp":
                own = SysResult.From(LibC.socket(LibC.AF_INET, LibC.SOCK_DGRAM | LibC.SOCK_NONBLOCK, 0)).OrThrow("socket");
                break;
            case "unix":
                own = Pair().Own;
                break;
            default:
                (own, int peer) = Tcp();
                switch (state)
                {
                    case "ended by the peer": Sockets.ShutdownSend(peer); break;
                    case "reset by the peer": Sockets.Disconnect(peer); break;
                    case "half shut": Sockets.ShutdownSend(own); break;
                    default: Descriptors.Fill(own); break;
                }

                break;
        }

        int handle = Backend.Register(own);
        Arm(handle, PollDirection.Read);
        Arm(handle, PollDirection.Write);
        Backend.Submit();
        Backend.Close(handle, mode);
        TurnUntil(() => Counters.Closing == 0, "closed");
        Assert.Equal((0, 0), (Counters.PollsArmed, Counters.Descriptors));
    }

    [Fact]
    public void What_was_written_before_a_graceful_close_arrives_before_the_FIN()
    {
        (int own, int peer) = Tcp();
        int handle = Backend.Register(own);
        Arm(handle, PollDirection.Read);
        Turn();
        long written = Descriptors.Fill(own);
        Backend.Close(handle, CloseMode.Graceful);
        TurnUntil(() => Counters.Closing == 0, "closed");
        long read = 0;
        SysResult result = default;
        Eventually.Until(
            () =>
            {
                result = Descriptors.Read(peer);
                read += Math.Max(0, result.Value);
                return !result.WouldBlock && result.Value <= 0;
            },
            "the end");
        Assert.Equal(new SysResult(0, 0), result);
        Assert.Equal(written, read);
    }

    [Fact]
    public void Dispose_with_armed_polls_ends_them()
    {
        int handle = Backend.Register(Pair().Own);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        Replace(64);
        Turn();
        Assert.Equal(0, waiter.Count);
    }

    /// <summary>Brings the slots into the state, closes, and turns until the descriptor is gone.</summary>
    private RecordingWaiter[] CloseIn(Armed state, int own, int peer, CloseMode mode)
    {
        if (state is Armed.Write or Armed.Both)
        {
            Descriptors.Fill(own);
        }

        int handle = Backend.Register(own);
        var waiters = new List<RecordingWaiter>();
        if (state is not (Armed.Idle or Armed.Write))
        {
            waiters.Add(Arm(handle, PollDirection.Read));
        }

        if (state is Armed.Write or Armed.Both)
        {
            waiters.Add(Arm(handle, PollDirection.Write));
        }

        if (state is not (Armed.Idle or Armed.Queued))
        {
            Turn();
            Assert.Equal(waiters.Count, Counters.PollsArmed);
        }

        if (state == Armed.Abandoned)
        {
            Backend.Abandon(handle, PollDirection.Read);
        }

        if (state == Armed.Completed)
        {
            // The event is in the ring, and nobody has harvested it.
            Descriptors.Write(peer);
            Eventually.Until(() => Descriptors.Poll(own, LibC.POLLIN) != 0, "readable");
            Assert.False(Descriptors.Read(own).IsError);
        }

        Backend.Close(handle, mode);
        TurnUntil(() => Counters.Closing == 0, "closed");
        Assert.Equal(0, Counters.Descriptors);
        Assert.Equal(0, Counters.PollsArmed);
        return [.. waiters];
    }

    /// <summary>Reads until there is an end of any kind, and returns it.</summary>
    private static SysResult ReadToTheEnd(int fd)
    {
        SysResult result = default;
        Eventually.Until(
            () =>
            {
                while ((result = Descriptors.Read(fd)).Value > 0)
                {
                }

                return !result.WouldBlock;
            },
            "an end");
        return result;
    }
}
