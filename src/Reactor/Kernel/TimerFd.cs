using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>A timer of the monotonic clock that makes a poll ready when it fires.</summary>
internal sealed unsafe class TimerFd : IDisposable
{
    internal TimerFd() =>
        Fd = SysResult.From(LibCExtra.timerfd_create(LibCExtra.CLOCK_MONOTONIC, LibCExtra.TFD_NONBLOCK | LibCExtra.TFD_CLOEXEC))
            .OrThrow("timerfd_create(CLOCK_MONOTONIC)");

    internal int Fd { get; private set; }

    /// <summary>Fires once after <paramref name="due"/>, and then every <paramref name="period"/> unless that is zero.</summary>
    internal void Arm(TimeSpan due, TimeSpan period = default)
    {
        // A value of zero would disarm the timer: "at once" is one nanosecond.
        var value = new LibCExtra.Itimerspec
        {
            Value = Timespec.From(due <= TimeSpan.Zero ? TimeSpan.FromTicks(1) : due),
            Interval = Timespec.From(period),
        };
        SysResult.From(LibCExtra.timerfd_settime(Fd, 0, &value, null)).OrThrow("timerfd_settime");
    }

    internal void Disarm()
    {
        LibCExtra.Itimerspec value = default;
        SysResult.From(LibCExtra.timerfd_settime(Fd, 0, &value, null)).OrThrow("timerfd_settime");
    }

    /// <summary>Makes the descriptor unreadable and returns how often the timer has fired since the last time.</summary>
    internal ulong Drain()
    {
        ulong count = 0;
        return SysResult.From(LibC.read(Fd, &count, sizeof(ulong))).IsError ? 0 : count;
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            FileDescriptor.Close(Fd);
            Fd = -1;
        }
    }
}
