using BenchmarkDotNet.Attributes;

namespace Reactor.Bench.Micro.Foreign;

/// <summary>One call at a time to a shard and back, from a thread that is no shard.</summary>
public class ForeignRoundTrip
{
    private const int Calls = 200_000;
    private const int FewerCalls = 20_000;

    // One shard, so that one CPU is left to the caller.
    private ReactorHost _host = null!;

    [GlobalSetup(Targets = [nameof(FromThreadPool), nameof(FromBlockedThread)])]
    public void StartPolling() => Start(Timeout.InfiniteTimeSpan);

    [GlobalSetup(Target = nameof(FromThreadPoolAsleep))]
    public void StartSleeping() => Start(TimeSpan.Zero);

    [GlobalCleanup]
    public void Stop() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>An async loop on the thread pool calls a shard that polls.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public Task<long> FromThreadPool() => Task.Run(() => CallAsync(Calls));

    /// <summary>The same with a shard that sleeps.</summary>
    [Benchmark(OperationsPerInvoke = FewerCalls)]
    public Task<long> FromThreadPoolAsleep() => Task.Run(() => CallAsync(FewerCalls));

    /// <summary>A thread that blocks until the answer is there calls a shard that polls.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public long FromBlockedThread()
    {
        Shard shard = _host.Shards[0];
        long sum = 0;
        for (int i = 0; i < Calls; i++)
        {
            sum += shard.InvokeAsync(static x => x + 1, i).AsTask().GetAwaiter().GetResult();
        }

        return sum;
    }

    private async Task<long> CallAsync(int calls)
    {
        Shard shard = _host.Shards[0];
        long sum = 0;
        for (int i = 0; i < calls; i++)
        {
            sum += await shard.InvokeAsync(static x => x + 1, i);
        }

        return sum;
    }

    private void Start(TimeSpan idlePollTime) =>
        _host = ReactorHost.Start(new ReactorOptions { Shards = 1, IdlePollTime = idlePollTime });
}
