using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Reactor.Kernel;

/// <summary>
/// How long a thread of this process was ready to run and had no CPU, from /proc/self/task/TID/schedstat (time on the CPU,
/// time waiting for one, both in nanoseconds, and time slices).
/// </summary>
/// <remarks>A kernel without CONFIG_SCHED_INFO, and a thread that has ended, have waited for nothing.</remarks>
internal sealed class ThreadScheduling : IDisposable
{
    private readonly SafeFileHandle? _file;

    /// <param name="threadId">As <see cref="CurrentThreadId"/> gave it.</param>
    internal ThreadScheduling(int threadId)
    {
        try
        {
            _file = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}/schedstat"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not to be had here.
        }
    }

    /// <summary>The kernel's number of the calling thread.</summary>
    internal static int CurrentThreadId => LibCExtra.gettid();

    internal TimeSpan ReadWaiting()
    {
        if (_file is null)
        {
            return TimeSpan.Zero;
        }

        Span<byte> line = stackalloc byte[128];
        try
        {
            line = line[..RandomAccess.Read(_file, line, 0)];
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }

        return Parse(Encoding.ASCII.GetString(line));
    }

    internal static TimeSpan Parse(string line) =>
        line.Split(' ') is [_, var waiting, ..] && long.TryParse(waiting, NumberStyles.None, CultureInfo.InvariantCulture, out long nanoseconds)
            ? TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero;

    public void Dispose() => _file?.Dispose();
}
