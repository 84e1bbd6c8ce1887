using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Reactor.Net.Kestrel.Dashboard;

/// <summary>Requests by the shard of their connection, which the loop knows nothing of. Counted by any thread; each shard's count has its own cache line.</summary>
internal sealed class RequestCounts
{
    // The first is for connections of no shard; then by the id of the shard. More than any machine has CPUs for.
    private readonly Line[] _counts = new Line[1 + MostShards];

    private const int MostShards = 1_024;

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1823", Justification = "Room between the counts.")]
    [InlineArray(128 / sizeof(long))]
    private struct Line
    {
        private long _first;
    }

    /// <summary>As middleware.</summary>
    internal Task Count(HttpContext context, RequestDelegate next)
    {
        int shard = context.TryGetShard(out Shard? own) ? own.Id + 1 : 0;
        Interlocked.Increment(ref _counts[shard][0]);
        return next(context);
    }

    /// <param name="shard">The id; -1 for connections of no shard.</param>
    internal long Of(int shard) => Volatile.Read(ref _counts[shard + 1][0]);
}
