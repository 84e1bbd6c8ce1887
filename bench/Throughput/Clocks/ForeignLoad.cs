using System.Globalization;

namespace Reactor.Bench.Throughput.Clocks;

/// <summary>
/// How much CPU others used meanwhile: what the machine was busy, less the server, the load generator and the
/// bench itself. Other people's work spoils a round by the caches and the host's clock even on the other CPU.
/// </summary>
/// <remarks>
/// /proc/stat counts in hundredths of a second, so over a round of a second the result is good to some percent
/// only. On kernels with CONFIG_IRQ_TIME_ACCOUNTING interrupt time is busy time of the machine but of no thread,
/// and loopback traffic then looks like foreign load.
/// </remarks>
internal sealed class ForeignLoad
{
    /// <summary>A round with more than this share of one core is not to be trusted.</summary>
    public const double Tolerated = 0.05;

    /// <summary>USER_HZ, which is 100 on every architecture that .NET runs on.</summary>
    private const long NanosecondsPerTick = 1_000_000_000 / 100;

    private readonly long _busyBefore = ReadMachineBusy();
    private readonly long _oursBefore = ReadOwnAndReaped();
    private long _busy;
    private long _ours;

    /// <summary>Ends what the constructor began. No child process but the server and the load generator may have run meanwhile.</summary>
    public void End()
    {
        _busy = ReadMachineBusy() - _busyBefore;
        _ours = ReadOwnAndReaped() - _oursBefore;
    }

    /// <summary>The share of one core that others used.</summary>
    /// <param name="knownNanoseconds">What the server used, and a load generator that was still running at the end; one that had ended is in it already.</param>
    /// <param name="elapsed">From the beginning to the end.</param>
    public double Share(double knownNanoseconds, TimeSpan elapsed) => Math.Max(0, (_busy - _ours - knownNanoseconds) / elapsed.TotalNanoseconds);

    /// <summary>The busy time in the first line of /proc/stat: all but idle, waiting for disks, stolen, and guests (who are in user already).</summary>
    internal static long ParseMachineBusy(string stat)
    {
        string[] fields = stat[..stat.IndexOf('\n', StringComparison.Ordinal)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // cpu user nice system idle iowait irq softirq steal guest guest_nice
        return (Ticks(fields[1]) + Ticks(fields[2]) + Ticks(fields[3]) + Ticks(fields[6]) + Ticks(fields[7])) * NanosecondsPerTick;
    }

    /// <summary>utime, stime, cutime and cstime of /proc/self/stat; the last two hold wrk's time once it has been waited for.</summary>
    internal static long ParseOwnAndReaped(string stat)
    {
        // The name in parentheses may hold anything; what follows it begins with field 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Ticks(fields[14 - 3]) + Ticks(fields[15 - 3]) + Ticks(fields[16 - 3]) + Ticks(fields[17 - 3])) * NanosecondsPerTick;
    }

    private static long ReadMachineBusy() => ParseMachineBusy(File.ReadAllText("/proc/stat"));

    private static long ReadOwnAndReaped() => ParseOwnAndReaped(File.ReadAllText("/proc/self/stat"));

    private static long Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
