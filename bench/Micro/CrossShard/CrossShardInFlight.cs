using BenchmarkDotNet.Attributes;
using Reactor.Bench.Micro.Baselines;

namespace Reactor.Bench.Micro.CrossShard;

/// <summary>1,024 calls from CPU to CPU under way all the time, both awake. An operation is a call: a request and its answer, two messages.</summary>
public class CrossShardInFlight
{
    private const int UnderWay = ChannelPair.Capacity;
    private const int CallsOfEach = 2_000;
    private const int Calls = UnderWay * CallsOfEach;

    private TwoShards _shards = null!;

    [GlobalSetup(Target = nameof(InvokeAsync))]
    public void Start() => _shards = TwoShards.Polling();

    [GlobalCleanup(Target = nameof(InvokeAsync))]
    public void Stop() => _shards.Stop();

    /// <summary>1,024 async loops, each with one call at a time.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public Task<long> InvokeAsync() => Calling.ManyAtOnceAsync(_shards, UnderWay, CallsOfEach);

    /// <summary>One loop writes requests, one answers them, one takes the answers, on the thread pool.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public async Task<long> ChannelsOnThreadPool()
    {
        var channels = new ChannelPair();
        Task server = Task.Run(channels.ServeAsync);
        Task requests = Task.Run(() => channels.RequestAsync(Calls));
        long sum = await Task.Run(() => channels.CollectAsync(Calls));
        await requests;
        await server;
        return sum;
    }

    /// <summary>The best that channels can do: two threads with a CPU each that never wait.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public long ChannelsPolled()
    {
        var channels = new ChannelPair();
        return PinnedThreads.Run(() => channels.CallPolling(Calls, UnderWay), () => channels.ServePolling(Calls));
    }
}
