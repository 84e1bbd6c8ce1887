namespace Reactor.Bench.Throughput.Results;

/// <summary>All that runs of the program found out: what its JSON holds.</summary>
/// <param name="Reports">Servers, one for each scenario.</param>
/// <param name="Figures">What was measured inside one process.</param>
internal sealed record BenchResults(IReadOnlyList<Report> Reports, IReadOnlyList<FigureTable> Figures)
{
    /// <summary>Several runs as one; of two tables of one name the later one counts.</summary>
    public static BenchResults Merge(IReadOnlyList<BenchResults> runs) => new(
        [.. runs.SelectMany(run => run.Reports).GroupBy(report => report.Id).Select(group => group.Last())],
        [.. runs.SelectMany(run => run.Figures).GroupBy(table => table.Id).Select(group => group.Last())]);
}
