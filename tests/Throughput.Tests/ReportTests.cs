using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Probes;
using Reactor.Bench.Throughput.Results;

namespace Throughput.Tests;

public sealed class ReportTests
{
    private static readonly Machine s_machine = new("a CPU", 2, "6.1", ".NET 10", "abc", "0 0 0", DateTimeOffset.UnixEpoch);

    private static readonly Report s_report = new(
        "http-64",
        "HTTP",
        s_machine,
        ["fast", "slow"],
        ["nginx: not installed"],
        [RoundOf("fast", 1, 5), RoundOf("slow", 1, 10), RoundOf("fast", 2, 5.5), RoundOf("slow", 2, 11)],
        [],
        new Dictionary<string, ProbeFigures> { ["fast"] = new(2.01, new Dictionary<string, double> { ["recvfrom"] = 1, ["sendto"] = 1 }, 0, 0) });

    [Fact]
    public void What_is_written_as_JSON_reads_back_as_the_same_tables()
    {
        string json = JsonReport.Render(new BenchResults([s_report], [new FigureTable("t", "T", s_machine, "case", ["ns"], [new FigureRow("a", [new Spread(2, 1, 3)])])]));

        Assert.Equal(MarkdownReport.Render(new BenchResults([s_report], [])), MarkdownReport.Render(JsonReport.Parse(json) with { Figures = [] }));
        Assert.Equal(json, JsonReport.Render(JsonReport.Parse(json)));
    }

    [Fact]
    public void The_table_has_every_candidate_with_its_ratio_and_the_skipped_are_named()
    {
        string text = MarkdownReport.Render(s_report);

        Assert.Matches(@"\| slow \|.* 2\.000 \|", text);
        Assert.Contains("nginx: not installed", text, StringComparison.Ordinal);
        Assert.Contains("2.010", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_names_every_candidate_and_its_median()
    {
        string svg = BarChart.Render(s_report);

        Assert.StartsWith("<", svg.TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.DoesNotContain("exception", svg, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(">fast<", svg, StringComparison.Ordinal);
        Assert.Contains(">slow<", svg, StringComparison.Ordinal);
        Assert.Contains(">10.50<", svg, StringComparison.Ordinal);
    }

    private static Round RoundOf(string candidate, int number, double microseconds)
    {
        long count = (long)(1e6 / microseconds);
        var load = new LoadResult(count, 1, count * 132, new LatencyFigures(300, 500, 900, 950, 1000), count, 0.5, "");
        return new Round(candidate, number, load, new TaskCounters((long)(count * microseconds * 1000), 0, 0), 1 << 20, 0, null);
    }
}
