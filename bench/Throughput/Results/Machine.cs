using System.Runtime.InteropServices;

namespace Reactor.Bench.Throughput.Results;

/// <summary>Where and on what the figures were taken: without it they cannot be compared with others.</summary>
internal sealed record Machine(string Cpu, int Cores, string Kernel, string Runtime, string Commit, string LoadAverage, DateTimeOffset Time)
{
    public static async Task<Machine> DescribeAsync(CancellationToken cancellation) => new(
        CpuModel(await File.ReadAllTextAsync("/proc/cpuinfo", cancellation)),
        Environment.ProcessorCount,
        (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellation)).Trim(),
        RuntimeInformation.FrameworkDescription,
        await CommitAsync(cancellation),
        string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg", cancellation)).Split(' ').Take(3)),
        TimeProvider.System.GetUtcNow());

    /// <summary>The header's lines: what each is, and its value.</summary>
    public IEnumerable<(string Name, string Value)> Lines() =>
    [
        ("CPU", $"{Cpu}, {Cores} cores"),
        ("Kernel", Kernel),
        ("Runtime", Runtime),
        ("Commit", Commit),
        ("Load", $"{LoadAverage} at the start, {Time:yyyy-MM-dd HH:mm} UTC"),
    ];

    /// <summary>Not every architecture names its model in /proc/cpuinfo.</summary>
    private static string CpuModel(string cpuinfo) =>
        cpuinfo.Split('\n').FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();

    private static async Task<string> CommitAsync(CancellationToken cancellation)
    {
        if (ExternalTool.Find("git") is not { } git)
        {
            return "unknown (no git)";
        }

        // Optional locks are refused so that a look at the state never stands in the way of someone's commit.
        var commit = await ExternalTool.RunAsync(git, ["rev-parse", "--short", "HEAD"], Repository.Root, cancellation);
        var changes = await ExternalTool.RunAsync(git, ["--no-optional-locks", "status", "--porcelain"], Repository.Root, cancellation);
        return commit.ExitCode == 0 ? commit.Output.Trim() + (changes.Output.Length > 0 ? " with changes" : "") : "unknown";
    }
}
