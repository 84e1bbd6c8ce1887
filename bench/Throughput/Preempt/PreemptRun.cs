using System.Diagnostics;
using System.Globalization;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Preempt;

/// <summary>Measures the cases in turn, round after round, and shows the medians of each one's rounds with their range.</summary>
internal sealed class PreemptRun
{
    private static readonly (string Title, double Quantile)[] s_quantiles = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("longest", 1)];

    public required int Rounds { get; init; }

    public required TimeSpan Time { get; init; }

    public required TimeSpan JobTime { get; init; }

    public async Task<int> ExecuteAsync(CancellationToken cancellationToken)
    {
        IAnsiConsole console = AnsiConsole.Console;
        ConsoleReport.Prepare(console);
        ConsoleReport.WriteHeader(console, $"Echo of one byte on one connection, {Rounds} rounds of {Time.TotalSeconds:N0} s; the hog's jobs take {JobTime.TotalMilliseconds:N0} ms", await Machine.DescribeAsync(cancellationToken).ConfigureAwait(false));
        var results = PreemptCase.All.ToDictionary(setting => setting, _ => new List<(List<long> Latencies, double HogShare)>());
        for (int round = 0; round < Rounds; round++)
        {
            foreach (PreemptCase setting in PreemptCase.All)
            {
                results[setting].Add(await EchoBesideHog.MeasureAsync(setting, Time, JobTime, cancellationToken).ConfigureAwait(false));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        Table table = new Table().Border(TableBorder.Rounded).AddColumn("echo").AddColumn("echoes/s");
        foreach ((string title, _) in s_quantiles)
        {
            table.AddColumn($"{title}, ms");
        }

        table.AddColumn("hog's CPU");
        foreach ((PreemptCase setting, List<(List<long> Latencies, double HogShare)> rounds) in results)
        {
            Spread rate = Statistics.SpreadOf(rounds.Select(round => round.Latencies.Count / Time.TotalSeconds));
            List<string> row = [setting.Name, Show(rate, "N0")];
            row.AddRange(s_quantiles.Select(quantile => Show(Statistics.SpreadOf(rounds.Select(round => Milliseconds(Statistics.Quantile(round.Latencies, quantile.Quantile)))), "0.000")));
            row.Add(Show(Statistics.SpreadOf(rounds.Select(round => round.HogShare * 100)), "0") + " %");
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        console.Write(table);
        return 0;
    }

    private static double Milliseconds(double ticks) => ticks * 1000 / Stopwatch.Frequency;

    private static string Show(Spread spread, string format) =>
        string.Create(CultureInfo.InvariantCulture, $"{spread.Median.ToString(format, CultureInfo.InvariantCulture)} [{spread.Min.ToString(format, CultureInfo.InvariantCulture)}–{spread.Max.ToString(format, CultureInfo.InvariantCulture)}]");
}
