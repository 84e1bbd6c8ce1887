namespace Reactor.Bench.Throughput.Results;

/// <summary>All that a run of the program found out: what its JSON holds.</summary>
/// <param name="Reports">Servers, one for each scenario.</param>
/// <param name="Figures">What was measured inside one process.</param>
internal sealed record BenchResults(IReadOnlyList<Report> Reports, IReadOnlyList<FigureTable> Figures);
