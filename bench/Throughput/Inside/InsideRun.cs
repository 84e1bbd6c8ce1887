using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Inside;

/// <summary>Measures cases in turn, round after round, and makes a table of the medians of each one's rounds with their range.</summary>
internal static class InsideRun
{
    /// <param name="id">Names the table in files.</param>
    /// <param name="title">What is measured.</param>
    /// <param name="columns">What each case's figures are, with their units.</param>
    /// <param name="cases">The cases, and how one round of each is measured.</param>
    /// <param name="settings">How often.</param>
    /// <param name="console">Where progress is told.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public static async Task<FigureTable> ExecuteAsync(
        string id,
        string title,
        IReadOnlyList<string> columns,
        IReadOnlyList<InsideCase> cases,
        InsideSettings settings,
        IAnsiConsole console,
        CancellationToken cancellation)
    {
        var machine = await Machine.DescribeAsync(cancellation);
        string head = $"{title}; {settings.Rounds} × {settings.Time.TotalSeconds:0.#} s";
        ConsoleReport.WriteHeader(console, head, machine);
        var rounds = cases.ToDictionary(item => item, _ => new List<IReadOnlyList<double>>());
        for (int number = 1; number <= settings.Rounds; number++)
        {
            foreach (var item in cases)
            {
                rounds[item].Add(await item.MeasureAsync(settings.Time, cancellation));
                cancellation.ThrowIfCancellationRequested();
                console.MarkupLineInterpolated($"[grey]round {number}  {item.Name}[/]");
            }
        }

        FigureRow[] rows = [.. cases.Select(item => new FigureRow(item.Name, [.. Enumerable.Range(0, columns.Count).Select(column => Statistics.SpreadOf(rounds[item].Select(round => round[column])))]))];
        var table = new FigureTable(id, head, machine, "case", columns, rows);
        ConsoleReport.WriteTable(console, table);
        return table;
    }
}
