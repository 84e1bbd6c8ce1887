using BenchmarkDotNet.Attributes;

namespace Reactor.Bench.Micro.Timers;

/// <summary>Waiting for a time on a shard that polls, one wait after the other.</summary>
public class Delays
{
    private const int Waits = 1_000_000;
    private const int FewerWaits = 5_000;

    private ReactorHost _host = null!;

    [GlobalSetup]
    public void Start() => _host = ReactorHost.Start(new ReactorOptions { Shards = 1, IdlePollTime = Timeout.InfiniteTimeSpan });

    [GlobalCleanup]
    public void Stop() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>A wait that is over in the next turn: what a timer and an await cost.</summary>
    [Benchmark(OperationsPerInvoke = Waits)]
    public Task Zero() => WaitAsync(TimeSpan.Zero, Waits);

    /// <summary>50 µs; what there is beyond them is how late it ends.</summary>
    [Benchmark(OperationsPerInvoke = FewerWaits)]
    public Task FiftyMicroseconds() => WaitAsync(TimeSpan.FromMicroseconds(50), FewerWaits);

    private Task WaitAsync(TimeSpan delay, int waits) => _host.Shards[0].InvokeAsync(
        static async wait =>
        {
            for (int i = 0; i < wait.waits; i++)
            {
                await Shard.Delay(wait.delay);
            }
        },
        (delay, waits)).AsTask();
}
