using BenchmarkDotNet.Attributes;
using Reactor.Bench.Micro.Baselines;

namespace Reactor.Bench.Micro.CrossShard;

/// <summary>Work that nobody waits for, from CPU to CPU, both awake. At the most 1,024 pieces are under way.</summary>
public class CrossShardPost
{
    private const int Batch = ChannelPair.Capacity / 2;
    private const int Batches = 8_000;
    private const int Posts = Batch * Batches;

    private TwoShards _shards = null!;

    [GlobalSetup(Target = nameof(Post))]
    public void Start() => _shards = TwoShards.Polling();

    [GlobalCleanup(Target = nameof(Post))]
    public void Stop() => _shards.Stop();

    /// <summary>Posts in batches; a call after each tells when it has arrived, and of two batches one is waited for.</summary>
    [Benchmark(OperationsPerInvoke = Posts)]
    public Task<long> Post() => _shards.Caller.InvokeAsync(
        static async callee =>
        {
            var sum = new Sum();
            Task<long> previous = Task.FromResult(0L);
            for (int batch = 0; batch < Batches; batch++)
            {
                for (int i = 0; i < Batch; i++)
                {
                    callee.Post(static sum => sum.Value++, sum);
                }

                Task<long> arrived = callee.InvokeAsync(static sum => sum.Value, sum).AsTask();
                await previous;
                previous = arrived;
            }

            return await previous;
        },
        _shards.Callee).AsTask();

    /// <summary>One loop writes into a bounded channel, one reads from it, on the thread pool.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Posts)]
    public async Task<long> ChannelOnThreadPool()
    {
        var channels = new ChannelPair();
        Task<long> consumer = Task.Run(channels.ConsumeAsync);
        await Task.Run(() => channels.RequestAsync(Posts));
        return await consumer;
    }

    /// <summary>The best that a channel can do: two threads with a CPU each that never wait.</summary>
    [Benchmark(OperationsPerInvoke = Posts)]
    public long ChannelPolled()
    {
        var channels = new ChannelPair();
        return PinnedThreads.Run(() => channels.ConsumePolling(Posts), () => channels.RequestPolling(Posts));
    }

    private sealed class Sum
    {
        internal long Value;
    }
}
