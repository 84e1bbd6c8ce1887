using Reactor.Bench.Throughput;
using Reactor.Bench.Throughput.Results;

namespace Throughput.Tests;

/// <summary>The program as a user runs it, looked at for completeness, not for speed.</summary>
public sealed class QuickRunTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    [NeedsTwoCpusFact]
    public async Task A_quick_run_measures_every_candidate_that_is_asked_for_and_writes_its_files()
    {
        string[] candidates = ["reactor", "listener", "quota-thread", "sockets-inline", "kestrel-reactor-inline"];
        using var folder = new TemporaryFolder();
        string program = Path.ChangeExtension(typeof(JsonReport).Assembly.Location, "dll");
        using var deadline = new CancellationTokenSource(s_deadline);

        var run = await ExternalTool.RunAsync(
            "dotnet",
            [program, "quick", "--only", string.Join(',', candidates), "--json", folder.PathOf("r.json"), "--markdown", folder.PathOf("r.md"), "--svg", folder.PathOf("svg")],
            Repository.Root,
            deadline.Token);

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        var results = JsonReport.Parse(await File.ReadAllTextAsync(folder.PathOf("r.json")));
        Assert.Equal(["http-64", "echo-64"], results.Reports.Select(report => report.Id));
        Assert.All(results.Reports, report =>
        {
            Assert.Empty(report.Skipped);
            Assert.Equal(candidates, report.Summaries.Select(summary => summary.Candidate));
            Assert.All(report.Rounds, round =>
            {
                Assert.True(round.Load.Requests > 0);
                Assert.True(round.Used.CpuNanoseconds > 0);
                Assert.NotNull(round.Load.Latency);
            });
            Assert.True(File.Exists(folder.PathOf($"svg/{report.Id}.svg")));
        });
        Assert.Contains("kestrel-reactor-inline", await File.ReadAllTextAsync(folder.PathOf("r.md")), StringComparison.Ordinal);
    }

    /// <summary>A server and a load generator on one CPU would measure each other.</summary>
    private sealed class NeedsTwoCpusFactAttribute : FactAttribute
    {
        public NeedsTwoCpusFactAttribute()
        {
            if (Environment.ProcessorCount < 2)
            {
                Skip = "The program needs two CPUs.";
            }
        }
    }
}
