using System.Globalization;
using Reactor.Kernel;

namespace Reactor.Shards;

/// <summary>How many shards there will be, and which CPUs each may use: chosen from the options and what the process may use.</summary>
internal sealed class ShardPlacement
{
    private readonly string _reason;

    private ShardPlacement(IReadOnlyList<CpuSet?> shards, string reason)
    {
        Shards = shards;
        _reason = reason;
    }

    /// <summary>The CPUs of each shard; null where it may run wherever the process may.</summary>
    internal IReadOnlyList<CpuSet?> Shards { get; }

    /// <param name="options">What the user asks for.</param>
    /// <param name="allowed">The CPUs that the process may run on.</param>
    /// <param name="quota">How many CPUs' time its control group may use; null without limit.</param>
    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal static ShardPlacement Choose(ReactorOptions options, CpuSet allowed, double? quota)
    {
        CpuSet candidates = Candidates(options, allowed);

        // Named CPUs are the user's decision. Of the others, no more are taken than the quota pays for: a shard on a
        // throttled CPU stands still for tens of milliseconds at a time.
        int paidFor = quota is { } limit && options.CpuSet is null ? Math.Max((int)limit, 1) : int.MaxValue;
        int most = Math.Min(candidates.Count, paidFor);
        int count = options.Shards ?? most;
        string reason = Explain(options, allowed, quota);
        if (count < 1)
        {
            throw ReactorOptions.Refuse(nameof(ReactorOptions.Shards), count, "at least 1 is needed; leave it null for one on each CPU");
        }

        if (options.Overprovisioned)
        {
            return new ShardPlacement([.. Enumerable.Repeat(options.CpuSet is null ? null : candidates, count)], $"overprovisioned: not pinned, no spinning; {reason}");
        }

        if (count > most)
        {
            throw options.CpuSet is null
                ? ReactorOptions.Refuse(nameof(ReactorOptions.Shards), count, $"there are CPUs for {most} ({reason}). Ask for fewer, or set {nameof(ReactorOptions.Overprovisioned)} to let shards share CPUs")
                : ReactorOptions.Refuse(nameof(ReactorOptions.CpuSet), $"'{options.CpuSet}'", $"it has {candidates.Count} CPUs for {count} shards; name at least as many as there are shards, or set {nameof(ReactorOptions.Overprovisioned)}");
        }

        return new ShardPlacement([.. candidates.Cpus.Take(count).Select(cpu => new CpuSet([cpu]))], reason);
    }

    /// <summary>The choice and what was taken into account, for the log.</summary>
    public override string ToString()
    {
        string where = Shards[0] is null ? "on no CPU in particular" : $"on CPUs {new CpuSet(Shards.SelectMany(set => set!.Cpus))}";
        return $"{Shards.Count} {(Shards.Count == 1 ? "shard" : "shards")} {where} ({_reason})";
    }

    private static CpuSet Candidates(ReactorOptions options, CpuSet allowed)
    {
        if (options.CpuSet is null)
        {
            return allowed;
        }

        if (!CpuSet.TryParse(options.CpuSet, out CpuSet? chosen))
        {
            throw ReactorOptions.Refuse(nameof(ReactorOptions.CpuSet), $"'{options.CpuSet}'", "write numbers and ranges, as in '0-3,8'");
        }

        if (chosen!.Cpus.Any(cpu => !allowed.Contains(cpu)))
        {
            throw ReactorOptions.Refuse(nameof(ReactorOptions.CpuSet), $"'{options.CpuSet}'", $"this process may run on '{allowed}' only");
        }

        return chosen;
    }

    private static string Explain(ReactorOptions options, CpuSet allowed, double? quota)
    {
        string affinity = $"the process may run on {allowed}";
        string paid = quota is { } limit ? $"its control group has a quota of {limit.ToString("0.##", CultureInfo.InvariantCulture)} CPUs" : "there is no CPU quota";
        string named = options.CpuSet is null ? "" : $", CPUs {options.CpuSet} were asked for";
        return $"{affinity}, {paid}{named}";
    }
}
