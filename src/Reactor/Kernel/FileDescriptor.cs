using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>What can be done to any file descriptor.</summary>
internal static class FileDescriptor
{
    /// <summary>
    /// Gives the number back. Never repeated on EINTR: Linux has freed the number by then, and a second close could hit
    /// a descriptor that another thread has just been given.
    /// </summary>
    internal static SysResult Close(int fd) => SysResult.From(LibC.close(fd));

    /// <summary>A second number for the same file: the lowest that is free. Child processes do not inherit it.</summary>
    internal static SysResult Duplicate(int fd) => SysResult.From(LibC.fcntl(fd, LibC.F_DUPFD_CLOEXEC, 0));

    /// <summary>The same for the descriptor in a handle, which stays its owner's.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    internal static SysResult Duplicate(SafeHandle handle)
    {
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return Duplicate((int)handle.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>Keeps it from the programs that child processes run.</summary>
    internal static SysResult SetCloseOnExec(int fd) => SysResult.From(LibC.fcntl(fd, LibC.F_SETFD, LibC.FD_CLOEXEC));

    /// <summary>Sets O_NONBLOCK, which all descriptors of the same file share.</summary>
    internal static SysResult SetNonBlocking(int fd)
    {
        SysResult flags = SysResult.From(LibC.fcntl(fd, LibC.F_GETFL, 0));
        return flags.IsError ? flags : SysResult.From(LibC.fcntl(fd, LibC.F_SETFL, flags.Value | LibC.O_NONBLOCK));
    }

    /// <summary>What of the events, and of errors, the descriptor is ready for now; 0 when it is for none.</summary>
    internal static unsafe SysResult Poll(int fd, short events)
    {
        pollfd asked = default;
        asked.fd = fd;
        asked.events = events;
        SysResult result;
        do
        {
            result = SysResult.From(LibC.poll(&asked, 1, 0));
        }
        while (result.Errno == LibC.EINTR);

        return result.IsError ? result : new SysResult(asked.revents, 0);
    }

    /// <summary>One more than the highest number that the process may have now (RLIMIT_NOFILE).</summary>
    internal static unsafe int Limit()
    {
        LibCExtra.Rlimit limit;
        SysResult.From(LibCExtra.getrlimit(LibCExtra.RLIMIT_NOFILE, &limit)).OrThrow("getrlimit(RLIMIT_NOFILE)");
        return (int)Math.Min(limit.Current, int.MaxValue);
    }
}
