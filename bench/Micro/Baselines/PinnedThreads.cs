using Reactor.Kernel;

namespace Reactor.Bench.Micro.Baselines;

/// <summary>Two threads, each on the CPU that a shard would have: what the baselines run on when the thread pool is not to place them.</summary>
internal static class PinnedThreads
{
    /// <summary>Runs both and waits for both.</summary>
    /// <returns>What the caller's side has returned.</returns>
    public static long Run(Func<long> caller, Action callee)
    {
        int[] cpus = [.. ThreadAffinity.Get().Cpus.Take(2)];
        long result = 0;
        Thread[] threads =
        [
            Start(cpus[0], () => result = caller()),
            Start(cpus[^1], callee),
        ];
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return result;
    }

    private static Thread Start(int cpu, Action body)
    {
        var thread = new Thread(() =>
        {
            ThreadAffinity.TrySet(new CpuSet([cpu]));
            body();
        });
        thread.Start();
        return thread;
    }
}
