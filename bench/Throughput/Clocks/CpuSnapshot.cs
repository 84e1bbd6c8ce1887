namespace Reactor.Bench.Throughput.Clocks;

/// <summary>The counters of every thread of a process tree at one moment, by thread id.</summary>
internal sealed class CpuSnapshot(IReadOnlyDictionary<int, TaskCounters> tasks)
{
    /// <summary>
    /// What was used since <paramref name="earlier"/>. Taken thread by thread, because in a difference of two sums
    /// a thread that ended in between would take its whole past out of the result.
    /// </summary>
    public TaskCounters Since(CpuSnapshot earlier)
    {
        var sum = default(TaskCounters);
        foreach (var (id, now) in tasks)
        {
            sum += earlier.TryGet(id, out var before) ? now - before : now;
        }

        return sum;
    }

    private bool TryGet(int id, out TaskCounters counters) => tasks.TryGetValue(id, out counters);
}
