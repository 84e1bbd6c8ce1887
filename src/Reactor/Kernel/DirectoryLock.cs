using System.Diagnostics;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// An advisory lock on a directory (flock): who removes files there takes it, so that two who both look first do not remove
/// each other's. It is the open directory's, so that it holds between threads as between processes, and ends with the process.
/// </summary>
internal readonly unsafe struct DirectoryLock : IDisposable
{
    private readonly int _fd;

    private DirectoryLock(int fd) => _fd = fd;

    /// <summary>
    /// Takes the lock, and blocks for as long as somebody else has it. Those for whom it is made have it for microseconds;
    /// but anybody who may read the directory may lock it, and so nobody is waited for longer than <paramref name="patience"/>.
    /// </summary>
    /// <returns>A lock that holds nothing if the directory cannot be read, or the time is over.</returns>
    internal static DirectoryLock Take(string directory, TimeSpan patience)
    {
        int fd;
        fixed (byte* name = FileReference.Terminated(directory))
        {
            fd = LibC.open(name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC);
        }

        long start = Stopwatch.GetTimestamp();
        while (fd >= 0 && LibCExtra.flock(fd, LibCExtra.LOCK_EX | LibCExtra.LOCK_NB) < 0 && Stopwatch.GetElapsedTime(start) < patience)
        {
            Thread.Sleep(1);
        }

        return new DirectoryLock(fd);
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            FileDescriptor.Close(_fd);
        }
    }
}
