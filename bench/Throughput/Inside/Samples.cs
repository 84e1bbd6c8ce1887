using System.Diagnostics;
using HdrHistogram;

namespace Reactor.Bench.Throughput.Inside;

/// <summary>Times that something took, in nanoseconds, and how many there were of it. For one thread.</summary>
internal sealed class Samples
{
    private const long LongestNanoseconds = 60_000_000_000;
    private const int SignificantDigits = 3;

    private readonly LongHistogram _histogram = new(LongestNanoseconds, SignificantDigits);

    /// <summary>Everything that was done, whether its time was taken or not.</summary>
    public long Count { get; set; }

    /// <summary>From a moment until now.</summary>
    public void AddSince(long timestamp) => Add((Stopwatch.GetTimestamp() - timestamp) * (1e9 / Stopwatch.Frequency));

    public void Add(double nanoseconds) => _histogram.RecordValue(Math.Clamp((long)nanoseconds, 1, LongestNanoseconds));

    /// <summary>In nanoseconds.</summary>
    public double At(double percentile) => _histogram.GetValueAtPercentile(percentile);
}
