using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// The CPUs that the calling thread may run on. Always about the calling thread: some sandboxes refuse any other, and
/// .NET resets the mask of every thread that it starts, so a thread has to pin itself.
/// </summary>
internal static unsafe class ThreadAffinity
{
    internal static CpuSet Get()
    {
        cpu_set_t mask = default;
        SysResult.From(LibC.sched_getaffinity(0, SizeOf.cpu_set_t, &mask)).OrThrow("sched_getaffinity of this thread");
        var cpus = new List<int>();
        for (int cpu = 0; cpu < CpuSet.MaxCpus; cpu++)
        {
            if (LibC.CPU_ISSET(cpu, &mask))
            {
                cpus.Add(cpu);
            }
        }

        return new CpuSet(cpus);
    }

    internal static SysResult TrySet(CpuSet set)
    {
        cpu_set_t mask = default;
        foreach (int cpu in set.Cpus)
        {
            LibC.CPU_SET(cpu, &mask);
        }

        return SysResult.From(LibC.sched_setaffinity(0, SizeOf.cpu_set_t, &mask));
    }
}
