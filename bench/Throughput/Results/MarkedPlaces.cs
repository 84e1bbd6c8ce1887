using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Reactor.Bench.Throughput.Results;

/// <summary>
/// Fills the places of a document that ask for figures. A place is between <c>&lt;!-- bench:KIND ID --&gt;</c> and
/// <c>&lt;!-- /bench --&gt;</c>; the prose around it is somebody's own.
/// </summary>
internal static partial class MarkedPlaces
{
    /// <param name="document">The document.</param>
    /// <param name="results">Where the figures come from.</param>
    /// <param name="charts">The folder of the charts, from the document's.</param>
    /// <exception cref="BenchFailure">A place asks for what is not there.</exception>
    public static string Fill(string document, BenchResults results, string charts) => Place().Replace(document, place =>
    {
        string id = place.Groups["id"].Value;
        string content = place.Groups["kind"].Value switch
        {
            "table" when FigureTableOf(results, id) is { } figures => MarkdownReport.Rows(figures),
            "table" => MarkdownReport.RowsAndRemarks(ReportOf(results, id)),
            "short" => Short(ReportOf(results, id)),
            "chart" => $"![{ReportOf(results, id).Title}]({Path.Combine(charts, id + ".svg")})\n",
            "machine" => string.Join("  \n", ReportOf(results, id).Machine.Lines().Select(line => $"{line.Name}: {line.Value}")) + "\n",
            var kind => throw new BenchFailure($"There is no 'bench:{kind}'; known are table, short, chart and machine.", BenchFailure.CannotStart),
        };
        return $"{place.Groups["begin"].Value}\n{content}{place.Groups["end"].Value}";
    });

    private static FigureTable? FigureTableOf(BenchResults results, string id) => results.Figures.FirstOrDefault(table => table.Id == id);

    private static Report ReportOf(BenchResults results, string id) =>
        results.Reports.FirstOrDefault(report => report.Id == id)
        ?? throw new BenchFailure($"The results have no table '{id}'. They have: {string.Join(", ", [.. results.Reports.Select(report => report.Id), .. results.Figures.Select(table => table.Id)])}.", BenchFailure.CannotStart);

    /// <summary>What a reader in a hurry wants to know.</summary>
    private static string Short(Report report)
    {
        var text = new StringBuilder("| | CPU µs/request | ratio | requests/s | p99 µs |\n| --- | ---: | ---: | ---: | ---: |\n");
        foreach (var row in report.Summaries)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Candidate} | {row.CpuMicrosecondsPerRequest.Median:0.00} | {row.Ratio.Median:0.00} | {row.RequestsPerSecond.Median:N0} | {row.P99Microseconds?.Median:N0} |\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"(?<begin><!-- bench:(?<kind>\S+) (?<id>\S+) -->)\n.*?(?<end><!-- /bench -->)", RegexOptions.Singleline)]
    private static partial Regex Place();
}
