using System.Globalization;

namespace Reactor.Bench.Throughput.Clocks;

/// <summary>What the kernel counts for one thread, or a sum of it over several.</summary>
/// <param name="CpuNanoseconds">Time on a CPU.</param>
/// <param name="Voluntary">Context switches because the thread waited for something.</param>
/// <param name="Involuntary">Context switches because another thread took the CPU.</param>
internal readonly record struct TaskCounters(long CpuNanoseconds, long Voluntary, long Involuntary)
{
    /// <summary>Reads them from the text of a task's <c>schedstat</c> and <c>status</c>.</summary>
    public static TaskCounters Parse(string schedstat, string status) => new(
        long.Parse(schedstat.AsSpan(0, schedstat.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture),
        StatusFile.Number(status, "voluntary_ctxt_switches"),
        StatusFile.Number(status, "nonvoluntary_ctxt_switches"));

    public static TaskCounters operator +(TaskCounters left, TaskCounters right) => new(
        left.CpuNanoseconds + right.CpuNanoseconds, left.Voluntary + right.Voluntary, left.Involuntary + right.Involuntary);

    public static TaskCounters operator -(TaskCounters left, TaskCounters right) => new(
        left.CpuNanoseconds - right.CpuNanoseconds, left.Voluntary - right.Voluntary, left.Involuntary - right.Involuntary);
}
