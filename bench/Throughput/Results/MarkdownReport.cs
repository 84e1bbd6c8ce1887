using System.Text;

namespace Reactor.Bench.Throughput.Results;

/// <summary>The report for the documentation.</summary>
internal static class MarkdownReport
{
    public static string Render(Report report)
    {
        var columns = report.Columns();
        var text = new StringBuilder();
        text.AppendLine($"### {report.Title}").AppendLine();
        text.AppendLine(string.Join("  \n", report.Machine.Lines().Select(line => $"{line.Name}: {line.Value}"))).AppendLine();
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

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.AppendLine($"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
}
