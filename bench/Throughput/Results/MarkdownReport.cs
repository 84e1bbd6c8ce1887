using System.Text;

namespace Reactor.Bench.Throughput.Results;

/// <summary>The report for the documentation.</summary>
internal static class MarkdownReport
{
    public static string Render(BenchResults results) =>
        string.Join('\n', results.Reports.Select(Render).Concat(results.Figures.Select(Render)));

    public static string Render(Report report) => Head(report.Title, report.Machine) + RowsAndRemarks(report);

    public static string Render(FigureTable table) => Head(table.Title, table.Machine) + Rows(table);

    public static string RowsAndRemarks(Report report)
    {
        var columns = report.Columns();
        var text = new StringBuilder();
        AppendRow(text, columns.Select(column => column.Title));
        AppendRow(text, columns.Select(column => column.IsText ? "---" : "---:"));
        foreach (var row in report.Summaries)
        {
            AppendRow(text, columns.Select(column => column.Cell(row)));
        }

        text.AppendLine();
        foreach (string remark in report.Remarks())
        {
            text.AppendLine($"- {remark.ReplaceLineEndings(" ")}");
        }

        return text.ToString();
    }

    public static string Rows(FigureTable table)
    {
        var text = new StringBuilder();
        AppendRow(text, [table.Case, .. table.Columns]);
        AppendRow(text, ["---", .. table.Columns.Select(_ => "---:")]);
        foreach (var row in table.Rows)
        {
            AppendRow(text, [row.Name, .. row.Figures.Select(figure => figure.ToString())]);
        }

        return text.ToString();
    }

    private static string Head(string title, Machine machine) =>
        $"### {title}\n\n{string.Join("  \n", machine.Lines().Select(line => $"{line.Name}: {line.Value}"))}\n\n";

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendLine($"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
}
