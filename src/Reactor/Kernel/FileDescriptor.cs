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

    /// <summary>A second number for the same file: the lowest that is free.</summary>
    internal static SysResult Duplicate(int fd) => SysResult.From(LibC.dup(fd));

    /// <summary>One more than the highest number that the process may have now (RLIMIT_NOFILE).</summary>
    internal static unsafe int Limit()
    {
        LibCExtra.Rlimit limit;
        SysResult.From(LibCExtra.getrlimit(LibCExtra.RLIMIT_NOFILE, &limit)).OrThrow("getrlimit(RLIMIT_NOFILE)");
        return (int)Math.Min(limit.Current, int.MaxValue);
    }
}
