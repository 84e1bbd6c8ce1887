namespace Reactor.Bench.Throughput.Results;

/// <summary>Figures of one kind for several cases, each with the spread of its rounds.</summary>
/// <param name="Id">Names it in files.</param>
/// <param name="Title">What was measured, in one line with its settings.</param>
/// <param name="Machine">Where.</param>
/// <param name="Case">What a row is.</param>
/// <param name="Columns">What the figures are, with their units.</param>
/// <param name="Rows">The cases.</param>
internal sealed record FigureTable(string Id, string Title, Machine Machine, string Case, IReadOnlyList<string> Columns, IReadOnlyList<FigureRow> Rows);

/// <summary>One case.</summary>
internal sealed record FigureRow(string Name, IReadOnlyList<Spread> Figures);
