using System.Diagnostics;
using System.Net;
using HdrHistogram;

namespace Reactor.Bench.Throughput.Load.Generator;

/// <summary>
/// A run of the load on one shard: its connections, their clock, and what they count. All of it belongs to the shard.
/// </summary>
internal sealed class LoadRun(IPEndPoint server, LoadSettings settings)
{
    private const long LongestNanoseconds = 60_000_000_000;
    private const int SignificantDigits = 3;

    private readonly LongHistogram _latencies = new(LongestNanoseconds, SignificantDigits);
    private readonly Dictionary<string, int> _errors = [];
    private long _measuredSince;
    private long _requests;
    private long _bytes;
    private long _allRequests;

    public IPEndPoint Server => server;

    public LoadSettings Settings => settings;

    /// <summary>One batch of requests.</summary>
    public ReadOnlyMemory<byte> Batch { get; } = Requests.Batch(server, settings);

    public bool IsStopping { get; private set; }

    /// <summary>Keeps the server busy, first for warming up and then for measuring.</summary>
    public async Task<LoadResult> ExecuteAsync(TimeSpan warmup, TimeSpan time, Action onMeasuring)
    {
        long start = Stopwatch.GetTimestamp();
        Task connections = Task.WhenAll(Enumerable.Range(0, settings.Connections).Select(index => new LoadConnection(this, index, start).RunAsync()));
        await Task.WhenAny(connections, Shard.Delay(warmup).AsTask());

        // What a collection finds it does not find while it is measured.
        GC.Collect();
        onMeasuring();
        var cpuBefore = Environment.CpuUsage.TotalTime;
        _measuredSince = Stopwatch.GetTimestamp();
        await Task.WhenAny(connections, Shard.Delay(time).AsTask());
        var elapsed = Stopwatch.GetElapsedTime(_measuredSince);
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        var result = new LoadResult(
            _requests, elapsed.TotalSeconds, _bytes, Latency(), _allRequests, cpu / elapsed, string.Join("; ", _errors.Select(error => $"{error.Value} × {error.Key}")));
        _measuredSince = 0;
        IsStopping = true;
        await Task.WhenAny(connections, Shard.Delay(TimeSpan.FromSeconds(1)).AsTask());
        return result;
    }

    /// <summary>Hot path.</summary>
    /// <param name="since">When the batch was sent, or when it should have been, in Stopwatch ticks.</param>
    public void OnAnswered(long since)
    {
        _allRequests += settings.Pipeline;
        if (_measuredSince != 0)
        {
            _requests += settings.Pipeline;
            double nanoseconds = (Stopwatch.GetTimestamp() - since) * (1e9 / Stopwatch.Frequency);
            _latencies.RecordValueWithCount(Math.Clamp((long)nanoseconds, 1, LongestNanoseconds), settings.Pipeline);
        }
    }

    /// <summary>Hot path.</summary>
    public void OnReceived(int bytes)
    {
        if (_measuredSince != 0)
        {
            _bytes += bytes;
        }
    }

    public void OnError(Exception exception) =>
        _errors[exception.Message] = _errors.GetValueOrDefault(exception.Message) + 1;

    private LatencyFigures? Latency()
    {
        if (_latencies.TotalCount == 0)
        {
            return null;
        }

        return new LatencyFigures(At(50), At(90), At(99), At(99.9), _latencies.GetMaxValue() / 1e3);

        double At(double percentile) => _latencies.GetValueAtPercentile(percentile) / 1e3;
    }
}
