using Reactor.Kernel;
using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Kernel;

public sealed class EventFdTests
{
    [Fact]
    public void A_signal_makes_it_readable_and_draining_makes_it_unreadable()
    {
        using var wakeUp = new EventFd();
        Assert.Equal(0, Descriptors.Poll(wakeUp.Fd, LibC.POLLIN));
        wakeUp.Signal();
        Assert.Equal(LibC.POLLIN, Descriptors.Poll(wakeUp.Fd, LibC.POLLIN));
        wakeUp.Drain();
        Assert.Equal(0, Descriptors.Poll(wakeUp.Fd, LibC.POLLIN));
    }

    [Fact]
    public void Many_signals_are_drained_at_once()
    {
        using var wakeUp = new EventFd();
        for (int i = 0; i < 1000; i++)
        {
            wakeUp.Signal();
        }

        wakeUp.Drain();
        Assert.Equal(0, Descriptors.Poll(wakeUp.Fd, LibC.POLLIN));
    }

    [Fact]
    public void Draining_what_is_not_signalled_does_not_block()
    {
        using var wakeUp = new EventFd();
        wakeUp.Drain();
    }

    [Fact]
    public unsafe void A_full_counter_takes_a_signal_without_blocking()
    {
        using var wakeUp = new EventFd();
        ulong full = ulong.MaxValue - 1;
        SysResult.From(LibC.write(wakeUp.Fd, &full, sizeof(ulong))).OrThrow("write");
        wakeUp.Signal();
        Assert.Equal(LibC.POLLIN, Descriptors.Poll(wakeUp.Fd, LibC.POLLIN));
    }

    [Fact]
    public void A_signal_after_dispose_from_another_thread_does_nothing()
    {
        var wakeUp = new EventFd();
        wakeUp.Dispose();
        OwnThread.Run(wakeUp.Signal);
    }

    [Fact]
    public void Signals_that_race_with_dispose_never_hit_the_next_owner_of_the_number()
    {
        for (int round = 0; round < 300; round++)
        {
            var wakeUp = new EventFd();
            bool stop = false;
            var signaller = new Thread(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    wakeUp.Signal();
                }
            });
            signaller.Start();
            wakeUp.Dispose();
            int successor = Descriptors.EventFd();
            Thread.Yield();
            Volatile.Write(ref stop, true);
            signaller.Join();
            Assert.Equal(0UL, Descriptors.Take(successor));
            Descriptors.Close(successor);
        }
    }
}
