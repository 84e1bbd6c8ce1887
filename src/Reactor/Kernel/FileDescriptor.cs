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
}
