using System.Globalization;

namespace Reactor.Samples.Common;

/// <summary>Says in a few characters how a sum is spread over the shards.</summary>
internal static class ShardCounts
{
    /// <summary>More would not fit into a line.</summary>
    private const int MostNamed = 4;

    /// <summary>Each shard's count, as in <c> [61,067 | 60,112]</c>; of many the least and the most; of one, whose count is the sum, nothing.</summary>
    internal static string Describe(IReadOnlyList<long> counts) => counts.Count switch
    {
        1 => "",
        <= MostNamed => $" [{string.Join(" | ", counts.Select(Number))}]",
        _ => $" [{Number(counts.Min())} to {Number(counts.Max())}]",
    };

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
