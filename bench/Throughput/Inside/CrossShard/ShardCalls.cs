using System.Diagnostics;

namespace Reactor.Bench.Throughput.Inside.CrossShard;

/// <summary>Loops on one shard that call another, each one call at a time.</summary>
internal static class ShardCalls
{
    /// <summary>Where many are in flight, reading the clock for each would be a good part of what it measures.</summary>
    private const int CallsPerSample = 64;

    private static readonly TimeSpan s_warmup = TimeSpan.FromMilliseconds(300);

    public static async Task<Samples> MeasureAsync(TimeSpan idlePollTime, int inFlight, TimeSpan time, CancellationToken cancellation)
    {
        await using var host = ReactorHost.Start(new ReactorOptions { Shards = 2, IdlePollTime = idlePollTime, StallThreshold = Timeout.InfiniteTimeSpan });
        Shard callee = host.Shards[1];
        await host.Shards[0].InvokeAsync(() => CallAsync(callee, inFlight, s_warmup, cancellation), CancellationToken.None);
        return await host.Shards[0].InvokeAsync(() => CallAsync(callee, inFlight, time, cancellation), CancellationToken.None);
    }

    private static async Task<Samples> CallAsync(Shard callee, int inFlight, TimeSpan time, CancellationToken cancellation)
    {
        var samples = new Samples();
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        int perSample = inFlight == 1 ? 1 : CallsPerSample;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => LoopAsync()));
        return samples;

        async Task LoopAsync()
        {
            while (!cancellation.IsCancellationRequested)
            {
                long since = Stopwatch.GetTimestamp();
                if (since >= end)
                {
                    return;
                }

                await callee.InvokeAsync(static x => x + 1, 1, CancellationToken.None);
                samples.AddSince(since);
                for (int i = 1; i < perSample; i++)
                {
                    await callee.InvokeAsync(static x => x + 1, i, CancellationToken.None);
                }

                samples.Count += perSample;
            }
        }
    }
}
