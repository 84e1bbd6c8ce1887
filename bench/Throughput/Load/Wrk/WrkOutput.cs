using System.Globalization;
using System.Text.RegularExpressions;

namespace Reactor.Bench.Throughput.Load.Wrk;

/// <summary>Reads what wrk prints.</summary>
internal static partial class WrkOutput
{
    /// <exception cref="FormatException">The text is not a complete report with <c>--latency</c>.</exception>
    public static LoadResult Parse(string text)
    {
        var summary = Match(Summary(), text, "the line '… requests in …'");
        var (p50, p90, p99) = (Percentile(text, 50), Percentile(text, 90), Percentile(text, 99));
        double max = ParseMicroseconds(Match(Longest(), text, "the Latency line").Groups["value"].Value);
        long requests = (long)ParseCount(summary.Groups["requests"].Value);
        return new LoadResult(
            requests,
            ParseMicroseconds(summary.Groups["duration"].Value) / 1e6,
            (long)ParseBytes(summary.Groups["bytes"].Value),
            new LatencyFigures(p50, p90, p99, P999: null, max),
            AllRequests: requests,
            CpuShare: null,
            Errors: string.Join("; ", Trouble().Matches(text).Select(match => match.Value.Trim())));
    }

    private static double Percentile(string text, int percent) =>
        PercentileLine().Matches(text).FirstOrDefault(line => line.Groups["percent"].Value == percent.ToString(CultureInfo.InvariantCulture)) is { } line
            ? ParseMicroseconds(line.Groups["value"].Value)
            : throw new FormatException($"wrk's output lacks the {percent}% line:\n{text}");

    /// <summary>"345.00us", "1.20ms", "3.00s", "1.00m", "1.00h", in microseconds.</summary>
    public static double ParseMicroseconds(string text) => text switch
    {
        [.. var number, 'u', 's'] => Number(number),
        [.. var number, 'm', 's'] => Number(number) * 1e3,
        [.. var number, 's'] => Number(number) * 1e6,
        [.. var number, 'm'] => Number(number) * 60e6,
        [.. var number, 'h'] => Number(number) * 3600e6,
        _ => throw new FormatException($"'{text}' has no unit of time that wrk uses."),
    };

    /// <summary>"950", "181.20k", "1.05M", "2.00G"; counts go by thousands.</summary>
    public static double ParseCount(string text) => text switch
    {
        [.. var number, 'k'] => Number(number) * 1e3,
        [.. var number, 'M'] => Number(number) * 1e6,
        [.. var number, 'G'] => Number(number) * 1e9,
        _ => Number(text),
    };

    /// <summary>"950.00B", "22.31KB", "68.20MB", "1.10GB"; amounts of data go by 1,024.</summary>
    public static double ParseBytes(string text) => text switch
    {
        [.. var number, 'K', 'B'] => Number(number) * (1L << 10),
        [.. var number, 'M', 'B'] => Number(number) * (1L << 20),
        [.. var number, 'G', 'B'] => Number(number) * (1L << 30),
        [.. var number, 'T', 'B'] => Number(number) * (1L << 40),
        [.. var number, 'B'] => Number(number),
        _ => throw new FormatException($"'{text}' has no unit of data that wrk uses."),
    };

    private static double Number(string text) => double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static Match Match(Regex pattern, string text, string what) =>
        pattern.Match(text) is { Success: true } match ? match : throw new FormatException($"wrk's output lacks {what}:\n{text}");

    [GeneratedRegex(@"(?<requests>\S+) requests in (?<duration>[^\s,]+), (?<bytes>\S+) read")]
    private static partial Regex Summary();

    [GeneratedRegex(@"^\s*(?<percent>\d+)%\s+(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex PercentileLine();

    [GeneratedRegex(@"^\s*Latency\s+\S+\s+\S+\s+(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Longest();

    [GeneratedRegex(@"^\s*(Socket errors:|Non-2xx or 3xx responses:).*$", RegexOptions.Multiline)]
    private static partial Regex Trouble();
}
