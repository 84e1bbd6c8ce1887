using BenchmarkDotNet.Attributes;
using Reactor.Bench.Micro.Baselines;

namespace Reactor.Bench.Micro.CrossShard;

/// <summary>One call at a time from CPU to CPU and back, each side in the kernel until it is woken.</summary>
public class CrossShardAsleep
{
    private const int Calls = 5_000;

    private TwoShards _shards = null!;

    [GlobalSetup(Target = nameof(InvokeAsync))]
    public void Start() => _shards = TwoShards.Sleeping();

    [GlobalCleanup(Target = nameof(InvokeAsync))]
    public void Stop() => _shards.Stop();

    /// <summary>Two shards that never spin.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public Task<long> InvokeAsync() => Calling.OneAtATimeAsync(_shards, Calls);

    /// <summary>Two threads that wait in channels. What they wait in spins before it sleeps.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public long ChannelsBetweenThreads()
    {
        var channels = new ChannelPair();
        return PinnedThreads.Run(() => channels.CallBlocking(Calls), channels.ServeBlocking);
    }

    /// <summary>What the machine itself takes: two threads that wake each other by events and do not spin.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public long Events()
    {
        using var request = new AutoResetEvent(false);
        using var answer = new AutoResetEvent(false);
        return PinnedThreads.Run(
            () =>
            {
                for (int i = 0; i < Calls; i++)
                {
                    WaitHandle.SignalAndWait(request, answer);
                }

                return Calls;
            },
            () =>
            {
                for (int i = 0; i < Calls; i++)
                {
                    request.WaitOne();
                    answer.Set();
                }
            });
    }
}
