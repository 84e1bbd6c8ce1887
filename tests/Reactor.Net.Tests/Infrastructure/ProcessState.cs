using System.Globalization;
using System.Runtime.InteropServices;

namespace Reactor.Net.Tests;

/// <summary>What the whole process holds, read from the kernel: for tests that run alone.</summary>
internal static unsafe partial class ProcessState
{
    private const int RlimitNofile = 7;
    private const int FGetFd = 1;
    private const int FdCloexec = 1;

    /// <summary>
    /// The descriptors of the kinds that a shard and its peers open: sockets, eventfds, timerfds. Not all of /proc/self/fd,
    /// because the runtime opens files, and a pipe for every thread of its pool, when it likes.
    /// </summary>
    internal static int DescriptorCount => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(static path =>
    {
        string? target = TargetOf(path);
        return target is not null && (target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("anon_inode:[event", StringComparison.Ordinal) || target.StartsWith("anon_inode:[timer", StringComparison.Ordinal));
    });

    /// <summary>The same to begin a test with: sockets that an earlier one has left to the garbage collector are not counted.</summary>
    internal static int SettledDescriptorCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return DescriptorCount;
    }

    /// <summary>
    /// The AIO contexts of this process, by the rings that the kernel has mapped into it. Each stands for its part of
    /// fs.aio-nr, which itself counts the whole machine and so what else runs there.
    /// </summary>
    internal static int AioContexts => File.ReadLines("/proc/self/maps").Count(line => line.Contains("[aio]", StringComparison.Ordinal));

    /// <summary>Sets how many descriptors the process may have and returns what it was before.</summary>
    internal static ulong LimitDescriptors(ulong soft)
    {
        Rlimit limit;
        Assert.Equal(0, getrlimit(RlimitNofile, &limit));
        ulong before = limit.Current;
        limit.Current = soft;
        Assert.Equal(0, setrlimit(RlimitNofile, &limit));
        return before;
    }

    /// <summary>Nanoseconds of CPU that a thread of this process has used.</summary>
    internal static long CpuTimeOf(int thread) =>
        long.Parse(File.ReadAllText($"/proc/self/task/{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>A duplicate that child processes inherit.</summary>
    internal static int DuplicateInherited(SafeHandle handle)
    {
        int fd = dup((int)handle.DangerousGetHandle());
        Assert.NotEqual(-1, fd);
        return fd;
    }

    internal static bool IsCloseOnExec(int fd) => fcntl(fd, FGetFd, 0) == FdCloexec;

    internal static void Close(int fd) => Assert.Equal(0, close(fd));

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            // The descriptor of the enumeration itself, or one that was closed meanwhile.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int CurrentThread();

    [LibraryImport("libc")]
    private static partial int dup(int fd);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, Rlimit* limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, Rlimit* limit);

    private struct Rlimit
    {
        internal ulong Current;
        internal ulong Maximum;
    }
}
