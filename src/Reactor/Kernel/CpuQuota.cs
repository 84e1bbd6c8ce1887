using System.Globalization;

namespace Reactor.Kernel;

/// <summary>
/// How much CPU time the process's control group may use, as a number of CPUs: 1.5 means that in each period all threads
/// together get the time of one and a half. Affinity does not show it, and a thread that spins uses it up.
/// </summary>
/// <remarks>
/// A group is bound by its ancestors too, so the least of them counts. In a container the ancestors of its own root are
/// not visible, nor are their quotas. What is missing, unreadable or not understood counts as no limit.
/// </remarks>
internal static class CpuQuota
{
    /// <summary>The quota, or null when there is none.</summary>
    /// <param name="root">The folder below which /proc and the mount points are looked for.</param>
    internal static double? Read(string root = "/")
    {
        string[] memberships = ReadLines(Path.Join(root, "proc/self/cgroup"));
        CgroupMount[] mounts = [.. ReadLines(Path.Join(root, "proc/self/mountinfo")).Select(CgroupMount.Parse).OfType<CgroupMount>()];

        // A machine may have both versions. The cpu controller belongs to one of them then, and the other has no such files.
        double? unified = Least(root, mounts.Where(mount => mount.IsUnified), GroupOf(memberships, ""), ReadUnified);
        double? legacy = Least(root, mounts.Where(mount => mount.HasController("cpu")), GroupOf(memberships, "cpu"), ReadLegacy);
        return Min(unified, legacy);
    }

    /// <summary>From lines <c>hierarchy:controllers:path</c>, the path under a controller; version 2 has the empty name.</summary>
    private static string? GroupOf(string[] memberships, string controller) => memberships
        .Select(line => line.Split(':', 3))
        .FirstOrDefault(fields => fields.Length == 3 && fields[1].Split(',').Contains(controller))?[2];

    private static double? Least(string root, IEnumerable<CgroupMount> mounts, string? group, Func<string, double?> read)
    {
        // Of several mounts of one hierarchy, the one that shows the group: another may begin beside it.
        if (group is null || mounts.OrderByDescending(mount => mount.Shows(root, group)).FirstOrDefault() is not { } mount)
        {
            return null;
        }

        return mount.Lineage(root, group).Select(read).Aggregate(Min);
    }

    /// <summary><c>cpu.max</c> is <c>quota period</c> in microseconds, the quota <c>max</c> when there is none.</summary>
    private static double? ReadUnified(string directory) =>
        ReadLines(Path.Join(directory, "cpu.max")) is [var line, ..] && line.Split(' ') is [var quota, var period]
            ? Ratio(quota, period) : null;

    /// <summary>Two files in microseconds, the quota -1 when there is none.</summary>
    private static double? ReadLegacy(string directory) =>
        ReadLines(Path.Join(directory, "cpu.cfs_quota_us")) is [var quota, ..]
        && ReadLines(Path.Join(directory, "cpu.cfs_period_us")) is [var period, ..]
            ? Ratio(quota, period) : null;

    private static double? Ratio(string quota, string period) =>
        TryParse(quota, out long time) && TryParse(period, out long whole) ? time / (double)whole : null;

    private static bool TryParse(string text, out long microseconds) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out microseconds) && microseconds > 0;

    private static double? Min(double? one, double? other) => one is null || other < one ? other : one;

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
