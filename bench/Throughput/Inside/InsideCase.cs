namespace Reactor.Bench.Throughput.Inside;

/// <summary>One of the arrangements that are compared.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="MeasureAsync">One round: a figure for each column.</param>
internal sealed record InsideCase(string Name, Func<TimeSpan, CancellationToken, Task<IReadOnlyList<double>>> MeasureAsync);
