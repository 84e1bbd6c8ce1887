using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Reactor.Net.Kestrel.Dashboard;

/// <summary>Reads the counters of all shards once a second, for all who look, and only while somebody does.</summary>
internal sealed class DashboardSampler(IServiceProvider services, RequestCounts requests)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Channel<DashboardSample>> _viewers = [];

    // When the host has started, and not before.
    private ReactorHost Host => services.GetRequiredService<ReactorHost>();

    internal CancellationToken Stopping => services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    internal DashboardHello Hello() => new(
        $"{Path.GetFileName(Environment.ProcessPath)} ({Environment.ProcessId})",
        RuntimeInformation.FrameworkDescription,
        [.. Host.Shards.Select(shard => new ShardHello(shard.Id, shard.Cpu, shard.Backend.ToString()))]);

    /// <summary>Samples, as long as the caller reads. Who reads too slowly misses some.</summary>
    internal async IAsyncEnumerable<DashboardSample> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var viewer = Channel.CreateBounded<DashboardSample>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest });
        Join(viewer);
        try
        {
            await foreach (DashboardSample sample in viewer.Reader.ReadAllAsync(cancellationToken))
            {
                yield return sample;
            }
        }
        finally
        {
            Leave(viewer);
        }
    }

    private void Join(Channel<DashboardSample> viewer)
    {
        lock (_lock)
        {
            _viewers.Add(viewer);
            if (_viewers.Count == 1)
            {
                // Not on the shard of the first viewer.
                _ = Task.Run(SampleAsync);
            }
        }
    }

    private void Leave(Channel<DashboardSample> viewer)
    {
        lock (_lock)
        {
            _viewers.Remove(viewer);
        }
    }

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(s_interval);
        Reading last = Read();
        while (await timer.WaitForNextTickAsync())
        {
            Reading now = Read();
            DashboardSample sample = now.Since(last);
            last = now;
            lock (_lock)
            {
                if (_viewers.Count == 0)
                {
                    return;
                }

                foreach (Channel<DashboardSample> viewer in _viewers)
                {
                    viewer.Writer.TryWrite(sample);
                }
            }
        }
    }

    private Reading Read() => new(
        Stopwatch.GetTimestamp(),
        [.. Host.Shards.Select(shard => new ShardReading(
            shard.GetStatistics(),
            shard.GetGroupStatistics().Values.Aggregate(TimeSpan.Zero, static (sum, group) => sum + group.WaitTime),
            requests.Of(shard.Id)))],
        requests.Of(-1),
        GC.GetTotalAllocatedBytes());

    private readonly record struct ShardReading(ShardStatistics Statistics, TimeSpan Wait, long Requests);

    private sealed record Reading(long Timestamp, IReadOnlyList<ShardReading> Shards, long OtherRequests, long Allocated)
    {
        internal DashboardSample Since(Reading last)
        {
            TimeSpan time = Stopwatch.GetElapsedTime(last.Timestamp, Timestamp);
            return new DashboardSample(
                [.. Shards.Zip(last.Shards, (now, then) => Difference(now, then, time))],
                (OtherRequests - last.OtherRequests) / time.TotalSeconds,
                Environment.WorkingSet,
                (Allocated - last.Allocated) / time.TotalSeconds);
        }

        private static ShardSample Difference(ShardReading now, ShardReading then, TimeSpan time)
        {
            TimeSpan busy = now.Statistics.BusyTime - then.Statistics.BusyTime;
            TimeSpan all = busy + now.Statistics.IdleTime - then.Statistics.IdleTime;
            long submits = now.Statistics.SubmitCalls - then.Statistics.SubmitCalls;
            return new ShardSample(
                (now.Requests - then.Requests) / time.TotalSeconds,
                all > TimeSpan.Zero ? Math.Clamp(busy / all, 0, 1) : 0,
                submits > 0 ? (double)(now.Statistics.PollsSubmitted - then.Statistics.PollsSubmitted) / submits : null,
                Math.Clamp((now.Wait - then.Wait) / time, 0, 1),
                now.Statistics.Connections,
                now.Statistics.Stalls - then.Statistics.Stalls,
                now.Statistics.Stalls,
                (now.Statistics.SystemCalls - then.Statistics.SystemCalls) / time.TotalSeconds);
        }
    }
}
