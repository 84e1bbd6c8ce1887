using System.Globalization;

namespace Reactor.Tests.Support;

/// <summary>What the kernel says about this process.</summary>
internal static class ProcessState
{
    /// <summary>fs.aio-nr: system-wide, so that other processes move it too.</summary>
    internal static long AioNr => long.Parse(File.ReadAllText("/proc/sys/fs/aio-nr"), CultureInfo.InvariantCulture);

    /// <summary>The AIO contexts of this process alone: each has its ring among the mappings.</summary>
    internal static int AioContexts => File.ReadLines("/proc/self/maps").Count(line => line.Contains("[aio]", StringComparison.Ordinal));

    internal static int OpenDescriptors => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>The ids of the threads that are called <c>reactor/…</c>.</summary>
    internal static IReadOnlyList<int> ShardThreads =>
    [
        .. Directory.GetDirectories("/proc/self/task")
            .Where(task => Read($"{task}/comm").StartsWith("reactor/", StringComparison.Ordinal))
            .Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture)),
    ];

    /// <summary>The CPU time that a thread has used.</summary>
    internal static TimeSpan CpuTime(int thread) =>
        TimeSpan.FromMicroseconds(long.Parse(Read($"/proc/self/task/{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0);

    /// <summary>How often all threads of a name have given up their CPUs by themselves: whoever does not run does not.</summary>
    internal static long Switches(string name) => Directory.GetDirectories("/proc/self/task")
        .Where(task => Read($"{task}/comm").Trim() == name)
        .SelectMany(task => Read($"{task}/status").Split('\n'))
        .Where(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));

    /// <summary>How long the threads of a name have been on a CPU.</summary>
    internal static TimeSpan RunTime(string name) => TimeSpan.FromMicroseconds(Directory.GetDirectories("/proc/self/task")
        .Where(task => Read($"{task}/comm").Trim() == name)
        .Sum(task => long.Parse(Read($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1_000));

    /// <summary>One line of the calling thread's status.</summary>
    internal static string OwnStatus(string key) =>
        File.ReadLines("/proc/thread-self/status").Single(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return "";
        }
    }
}
