using BenchmarkDotNet.Attributes;
using Reactor.Bench.Micro.Baselines;

namespace Reactor.Bench.Micro.CrossShard;

/// <summary>One call at a time from CPU to CPU and back, both awake.</summary>
public class CrossShardRoundTrip
{
    private const int Calls = 500_000;
    private const int FewerCalls = 20_000;

    private TwoShards _shards = null!;

    [GlobalSetup(Targets = [nameof(InvokeAsync), nameof(ChannelsBetweenShards)])]
    public void StartPolling() => _shards = TwoShards.Polling();

    [GlobalSetup(Target = nameof(InvokeAsyncByDefault))]
    public void StartByDefault() => _shards = TwoShards.ByDefault();

    [GlobalCleanup(Targets = [nameof(InvokeAsync), nameof(InvokeAsyncByDefault), nameof(ChannelsBetweenShards)])]
    public void Stop() => _shards.Stop();

    /// <summary>Two shards that never sleep.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public Task<long> InvokeAsync() => Calling.OneAtATimeAsync(_shards, Calls);

    /// <summary>Two shards with the default IdlePollTime, which look for news for a while before they sleep.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public Task<long> InvokeAsyncByDefault() => Calling.OneAtATimeAsync(_shards, Calls);

    /// <summary>Two threads that wait in the channels until something comes, as code with threads of its own is written.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = FewerCalls)]
    public long ChannelsBetweenThreads()
    {
        var channels = new ChannelPair();
        return PinnedThreads.Run(() => channels.CallBlocking(FewerCalls), channels.ServeBlocking);
    }

    /// <summary>Two async loops on the thread pool, as most code is written. It runs both on one thread most of the time, so that nothing crosses.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public async Task<long> ChannelsOnThreadPool()
    {
        var channels = new ChannelPair();
        Task server = Task.Run(channels.ServeAsync);
        long sum = await Task.Run(() => channels.CallAsync(Calls));
        await server;
        return sum;
    }

    /// <summary>The same two async loops, each kept on a CPU of its own by a shard that polls, to which its awaits come home.</summary>
    [Benchmark(OperationsPerInvoke = FewerCalls)]
    public async Task<long> ChannelsBetweenShards()
    {
        var channels = new ChannelPair();
        Task server = _shards.Callee.InvokeAsync(channels.ServeAsync).AsTask();
        long sum = await _shards.Caller.InvokeAsync(static channels => channels.CallAsync(FewerCalls), channels);
        await server;
        return sum;
    }

    /// <summary>The best that channels can do: two threads with a CPU each that do nothing but try to read.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public long ChannelsPolled()
    {
        var channels = new ChannelPair();
        return PinnedThreads.Run(() => channels.CallPolling(Calls, underWay: 1), () => channels.ServePolling(Calls));
    }

    /// <summary>The machine's own limit.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public long SharedWord()
    {
        var word = new SharedWord();
        return PinnedThreads.Run(() => word.Call(Calls), () => word.Serve(Calls));
    }
}
