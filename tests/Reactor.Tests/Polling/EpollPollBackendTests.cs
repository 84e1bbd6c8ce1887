using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Polling;

public sealed class EpollPollBackendTests : PollBackendTests
{
    internal override PollBackend Create(int places) => new EpollPollBackend();

    [Fact]
    public void A_ready_descriptor_that_nobody_waits_for_does_not_keep_the_loop_from_sleeping()
    {
        (int own, int peer) = Pair();
        int handle = Backend.Register(own);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Turn();
        Descriptors.Write(peer);
        TurnUntil(() => waiter.Count == 1, "told of readiness");

        // What has come is not read.
        Sleeps();
        Assert.Equal(1, waiter.Count);
        RecordingWaiter next = Arm(handle, PollDirection.Read);
        TurnUntil(() => next.Count == 1, "told again");
        Backend.Close(handle, CloseMode.Graceful);
    }

    [Fact]
    public void A_connection_that_is_broken_and_not_closed_does_not_keep_the_loop_from_sleeping()
    {
        (int own, int peer) = Pair();
        int handle = Backend.Register(own);
        RecordingWaiter reader = Arm(handle, PollDirection.Read);
        RecordingWaiter writer = Arm(handle, PollDirection.Write);
        TurnUntil(() => writer.Count == 1, "told of room");
        SysResult.From(LibC.shutdown(peer, LibC.SHUT_RDWR)).OrThrow("shutdown");
        TurnUntil(() => reader.Count == 1, "told of the end");
        Sleeps();
        Backend.Close(handle, CloseMode.Graceful);
    }

    [Fact]
    public void Waiting_again_for_what_is_watched_already_costs_no_system_call()
    {
        (int own, int peer) = Pair();
        int handle = Backend.Register(own);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Descriptors.Write(peer);
        TurnUntil(() => waiter.Count == 1, "told of readiness");
        Descriptors.Read(own);
        long calls = Counters.SystemCalls;
        Arm(handle, PollDirection.Read);
        Assert.Equal(calls, Counters.SystemCalls);
        Backend.Close(handle, CloseMode.Graceful);
    }

    [Fact]
    public void What_epoll_does_not_take_because_it_is_always_ready_is_ready()
    {
        int fd = SysResult.From(OpenNull()).OrThrow("open");
        int handle = Backend.Register(fd);
        RecordingWaiter waiter = Arm(handle, PollDirection.Read);
        Assert.Equal(0, waiter.Count);
        Turn();
        Assert.Equal(1, waiter.Count);
        Assert.True(waiter.Results[0] > 0);
        Assert.Equal(0, Counters.PollsArmed);
        Backend.Close(handle, CloseMode.Cancel);
    }

    /// <summary>Waits twice, and the second time comes to the end of its time: the first may take note of what nobody waits for.</summary>
    private void Sleeps()
    {
        Backend.Wait(TimeSpan.FromMilliseconds(1));
        long calls = Counters.SystemCalls;
        Backend.Wait(TimeSpan.FromMilliseconds(20));
        Assert.False(Backend.HasEvents);
        Assert.InRange(Counters.SystemCalls - calls, 1, 2);
    }

    private static unsafe int OpenNull()
    {
        fixed (byte* path = "/proc/self/exe\0"u8)
        {
            return LibC.open(path, LibC.O_RDONLY);
        }
    }
}
