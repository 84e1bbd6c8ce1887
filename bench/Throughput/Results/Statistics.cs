using System.Globalization;

namespace Reactor.Bench.Throughput.Results;

/// <summary>Medians with their range: few rounds on a noisy host allow no finer statement.</summary>
internal static class Statistics
{
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A median needs at least one value.", nameof(values));
        }

        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The least value that is at or above so large a part of all values.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Quantile(IEnumerable<long> values, double part)
    {
        long[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A quantile needs at least one value.", nameof(values));
        }

        return sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <exception cref="ArgumentException">There are no values.</exception>
    public static Spread SpreadOf(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return new Spread(Median(all), all.Min(), all.Max());
    }
}

/// <summary>A median and the range that it comes from.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Two candidates whose ranges touch have not been shown to differ.</summary>
    public bool Overlaps(Spread other) => Min <= other.Max && other.Min <= Max;

    /// <summary>As tables show it: the median with three significant digits, and the range.</summary>
    public override string ToString() => $"{Format(Median)} [{Format(Min)}–{Format(Max)}]";

    private static string Format(double value) => value.ToString(Math.Abs(value) switch
    {
        0 or >= 100 => "N0",
        >= 10 => "0.0",
        >= 1 => "0.00",
        _ => "0.000",
    }, CultureInfo.InvariantCulture);
}
