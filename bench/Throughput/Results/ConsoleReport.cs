using Spectre.Console;

namespace Reactor.Bench.Throughput.Results;

/// <summary>The report for the eye.</summary>
internal static class ConsoleReport
{
    /// <summary>Wide enough for the table where the output goes to a file and has no width of its own.</summary>
    private const int WidthWithoutTerminal = 200;

    public static void Prepare(IAnsiConsole console)
    {
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }
    }

    public static void WriteHeader(IAnsiConsole console, string title, Machine machine)
    {
        console.MarkupLineInterpolated($"[bold]{title}[/]");
        foreach (var (name, value) in machine.Lines())
        {
            console.MarkupLineInterpolated($"[grey]{name + ":",-9}[/]{value}");
        }
    }

    public static void WriteTable(IAnsiConsole console, FigureTable table)
    {
        var shown = new Table().Border(TableBorder.Rounded).AddColumn(Markup.Escape(table.Case));
        foreach (string column in table.Columns)
        {
            shown.AddColumn(new TableColumn(Markup.Escape(column)).RightAligned().NoWrap());
        }

        foreach (var row in table.Rows)
        {
            shown.AddRow([Markup.Escape(row.Name), .. row.Figures.Select(figure => Markup.Escape(figure.ToString()))]);
        }

        console.Write(shown);
    }

    public static void WriteTable(IAnsiConsole console, Report report)
    {
        var columns = report.Columns();
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            var shown = new TableColumn(Markup.Escape(column.Title));
            table.AddColumn(column.IsText ? shown : shown.RightAligned().NoWrap());
        }

        foreach (var row in report.Summaries)
        {
            table.AddRow([.. columns.Select(column => Markup.Escape(column.Cell(row)))]);
        }

        console.Write(table);
        foreach (string remark in report.Remarks())
        {
            console.MarkupLineInterpolated($"[grey]{remark}[/]");
        }
    }
}
