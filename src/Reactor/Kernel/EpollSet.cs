using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>One epoll instance. Mechanism only; who waits for what is not known here.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private readonly bool _hasNanoseconds;

    /// <exception cref="IOException">The process or the system is out of descriptors.</exception>
    internal EpollSet()
        : this(SysResult.From(LibC.epoll_create1(LibC.EPOLL_CLOEXEC)).OrThrow("epoll_create1"))
    {
    }

    private EpollSet(int fd)
    {
        Fd = fd;
        _hasNanoseconds = ProbeNanoseconds();
    }

    /// <summary>The same for who can do without: to throw takes descriptors too, and a runtime that finds none may end the process.</summary>
    internal static EpollSet? TryCreate()
    {
        SysResult created = SysResult.From(LibC.epoll_create1(LibC.EPOLL_CLOEXEC));
        return created.IsError ? null : new EpollSet(created.Value);
    }

    /// <summary>Readable while an event is to be had: it can be polled itself.</summary>
    internal int Fd { get; private set; }

    /// <summary>Takes a descriptor in. EPERM says that it is one that is always ready, such as a regular file.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="events">EPOLLIN and the like.</param>
    /// <param name="data">What its events carry.</param>
    internal SysResult Add(int fd, int events, ulong data) => Control(LibC.EPOLL_CTL_ADD, fd, events, data);

    /// <inheritdoc cref="Add"/>
    /// <summary>Changes what a descriptor of the set is watched for.</summary>
    internal SysResult Modify(int fd, int events, ulong data) => Control(LibC.EPOLL_CTL_MOD, fd, events, data);

    /// <summary>Lets a descriptor go. Closing it would not suffice while a duplicate is open.</summary>
    internal SysResult Remove(int fd) => Control(LibC.EPOLL_CTL_DEL, fd, 0, 0);

    /// <summary>Takes events, at most <paramref name="capacity"/>; blocks until there is one, the time is over or a signal came (EINTR).</summary>
    /// <param name="events">Takes the events.</param>
    /// <param name="capacity">Its length.</param>
    /// <param name="timeout">Null to wait without end; zero not to wait.</param>
    internal SysResult Wait(epoll_event* events, int capacity, TimeSpan? timeout)
    {
        if (_hasNanoseconds && timeout > TimeSpan.Zero)
        {
            timespec duration = Timespec.From(timeout.Value);
            return SysResult.From(LibCExtra.epoll_pwait2(Fd, events, capacity, &duration));
        }

        // Rounded up, so that nobody is woken in vain just before his time.
        int milliseconds = timeout is { } time ? (int)Math.Min(Math.Ceiling(time.TotalMilliseconds), int.MaxValue) : -1;
        return SysResult.From(LibC.epoll_wait(Fd, events, capacity, milliseconds));
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            FileDescriptor.Close(Fd);
            Fd = -1;
        }
    }

    private SysResult Control(int operation, int fd, int events, ulong data)
    {
        epoll_event change = default;
        change.events = events;
        change.data.u64 = data;
        return SysResult.From(LibC.epoll_ctl(Fd, operation, fd, &change));
    }

    /// <summary>Linux 5.11 and later. Older container profiles refuse it.</summary>
    private bool ProbeNanoseconds()
    {
        epoll_event unused;
        timespec none = default;
        return !SysResult.From(LibCExtra.epoll_pwait2(Fd, &unused, 1, &none)).IsError;
    }
}
