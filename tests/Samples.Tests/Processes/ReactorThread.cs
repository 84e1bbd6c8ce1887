using System.Globalization;

namespace Reactor.Samples.Tests.Processes;

/// <summary>What the kernel says about a process and its reactor thread.</summary>
internal static class ReactorThread
{
    /// <summary>The CPUs that the process of this test may use, which a sample that it starts inherits.</summary>
    internal static string OwnCpus => StatusOf("/proc/self/status", "Cpus_allowed_list");

    internal static int OwnCpuCount => OwnCpus.Split(',').Select(range => range.Split('-')).Sum(ends => int.Parse(ends[^1], CultureInfo.InvariantCulture) - int.Parse(ends[0], CultureInfo.InvariantCulture) + 1);

    internal static string CpusOf(SampleProcess sample)
    {
        string task = Directory.GetDirectories($"/proc/{sample.Id}/task").Single(task => File.ReadAllText($"{task}/comm").Trim() == "reactor/0");
        return StatusOf($"{task}/status", "Cpus_allowed_list");
    }

    /// <summary>What the descriptors of the process stand for, as in <c>anon_inode:[eventfd]</c>.</summary>
    internal static IReadOnlyList<string> DescriptorsOf(SampleProcess sample) =>
        [.. new DirectoryInfo($"/proc/{sample.Id}/fd").GetFiles().Select(file => file.LinkTarget ?? "")];

    private static string StatusOf(string file, string field) =>
        File.ReadLines(file).Single(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..].Trim();
}
