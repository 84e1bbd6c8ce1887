namespace Reactor.Samples.WebApp;

/// <summary>The counter as a whole.</summary>
internal static class CounterExtensions
{
    /// <summary>Adds one on the shard of the request's connection, wherever the code runs that asks. Over Kestrel's own sockets that is any.</summary>
    internal static ValueTask<long> IncrementAsync(this Sharded<Counter> counters, HttpContext context, ReactorHost host)
    {
        Shard shard = context.TryGetShard(out Shard? own) ? own : host.Shards[0];
        return shard.InvokeAsync(static counters => counters.Local.Increment(), counters);
    }

    internal static Task<long> SumAsync(this Sharded<Counter> counters) =>
        counters.MapReduceAsync(static counter => counter.Value, static (a, b) => a + b);
}
