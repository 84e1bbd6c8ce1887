using Reactor.Kernel;

namespace Reactor.Net.Tests;

/// <summary>A thread that stays on one CPU.</summary>
internal static class PinnedThread
{
    /// <summary>The CPUs that this process may use.</summary>
    internal static IReadOnlyList<int> Cpus { get; } = ThreadAffinity.Get().Cpus;

    internal static Task RunAsync(int cpu, Action action) => Task.Factory.StartNew(
        () =>
        {
            // A thread of its own, which ends with the action and takes its affinity along.
            ThreadAffinity.TrySet(new CpuSet([cpu])).OrThrow("pin");
            action();
        },
        TaskCreationOptions.LongRunning);
}
