using System.Net;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>The load generator of our own: one shard of Reactor.</summary>
internal static class LoadGenerator
{
    /// <param name="cpu">The shard's CPU; null for any.</param>
    /// <param name="server">Whom to load.</param>
    /// <param name="settings">With what.</param>
    /// <param name="warmup">How long before it counts.</param>
    /// <param name="time">How long it counts.</param>
    /// <param name="onMeasuring">Called when it begins to count, on the shard.</param>
    public static async Task<LoadResult> RunAsync(int? cpu, IPEndPoint server, LoadSettings settings, TimeSpan warmup, TimeSpan time, Action onMeasuring)
    {
        var options = new ReactorOptions { Shards = 1, CpuSet = cpu?.ToString(System.Globalization.CultureInfo.InvariantCulture), StallThreshold = Timeout.InfiniteTimeSpan };
        if (settings.Spins)
        {
            options.IdlePollTime = Timeout.InfiniteTimeSpan;
        }

        await using var host = ReactorHost.Start(options);
        return await host.Shards[0].InvokeAsync(() => new LoadRun(server, settings).ExecuteAsync(warmup, time, onMeasuring));
    }
}
