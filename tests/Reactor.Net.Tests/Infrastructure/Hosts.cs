using Reactor.Kernel;

namespace Reactor.Net.Tests;

/// <summary>Hosts of the sizes that tests want, on machines of any size.</summary>
internal static class Hosts
{
    /// <summary>How many shards there can be with a CPU for each.</summary>
    internal static int MostPinned { get; } = Math.Max(1, (int)Math.Min(PinnedThread.Cpus.Count, CpuQuota.Read() ?? double.MaxValue));

    /// <param name="shards">Where there are fewer CPUs, they share them.</param>
    /// <param name="pollBudget">Small, because many tests run at a time and fs.aio-max-nr is one for the system.</param>
    internal static ReactorOptions Options(int shards, int pollBudget = 1_024) => new()
    {
        Shards = shards,
        Overprovisioned = shards > MostPinned,
        PollBudget = pollBudget,
        Backend = TestedBackend.Kind,
    };

    /// <summary>Whether this is all that the shard holds, and each has a poll: its wake-up, a listener if it has one, idle connections.</summary>
    internal static bool HoldsOnly(this Shard shard, long descriptors) =>
        shard.GetStatistics() is { PollsRefused: 0 } now && (now.Descriptors, now.PollsArmed) == (descriptors, descriptors) && shard.Polls.Counters.Closing == 0;
}
