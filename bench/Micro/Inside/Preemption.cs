using System.Diagnostics;
using BenchmarkDotNet.Attributes;

namespace Reactor.Bench.Micro.Inside;

/// <summary>What it costs to ask whether the time slice is over, and to let others have their turn.</summary>
public class Preemption
{
    private const int Operations = 20_000_000;

    /// <summary>Loops that yield to each other, so that the cost of a turn is lost among them.</summary>
    private const int Loops = 200;

    private ReactorHost _host = null!;

    [GlobalSetup]
    public void Start() => _host = ReactorHost.Start(new ReactorOptions { Shards = 1, StallThreshold = Timeout.InfiniteTimeSpan });

    [GlobalCleanup]
    public void Stop() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The loop itself, to be taken off the others.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ValueTask<long> EmptyLoop() => _host.Shards[0].InvokeAsync(static () =>
    {
        long sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += Volatile.Read(ref sum) & 1;
        }

        return sum;
    });

    /// <summary>A word of the ring is looked at; when it has moved, which is every 500 µs, the loop yields.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ValueTask NeedsPreempt() => _host.Shards[0].InvokeAsync(static async () =>
    {
        for (int i = 0; i < Operations; i += Ask(Operations - i))
        {
            await Shard.Yield();
        }

        static int Ask(int most)
        {
            for (int i = 1; i <= most; i++)
            {
                if (Shard.NeedsPreempt)
                {
                    return i;
                }
            }

            return most;
        }
    });

    /// <summary>The same question as an await of an async method, which counts in memory.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ValueTask YieldIfNeeded() => _host.Shards[0].InvokeAsync(static async () =>
    {
        for (int i = 0; i < Operations; i++)
        {
            await Shard.YieldIfNeeded();
        }
    });

    /// <summary>What a loop would ask without the ring.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public ValueTask<long> AskClock() => _host.Shards[0].InvokeAsync(static () =>
    {
        long sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum ^= Stopwatch.GetTimestamp();
        }

        return sum;
    });

    /// <summary>200 loops yield to each other: the way to the end of the group's queue and back into the code.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task YieldAndResume() => _host.Shards[0].InvokeAsync(static () => Task.WhenAll(Enumerable.Range(0, Loops).Select(static async _ =>
    {
        for (int i = 0; i < Operations / Loops; i++)
        {
            await Shard.Yield();
        }
    }))).AsTask();

    /// <summary>Two scheduling groups, each with 100 loops that yield.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public async Task YieldAndResumeInTwoGroups()
    {
        SchedulingGroup[] groups = [SchedulingGroup.Create("one", 100), SchedulingGroup.Create("two", 200)];
        await _host.Shards[0].InvokeAsync(() => Task.WhenAll(Enumerable.Range(0, Loops).Select(i => groups[i % 2].RunAsync(static async () =>
        {
            for (int i = 0; i < Operations / Loops; i++)
            {
                await Shard.Yield();
            }
        }).AsTask())));
        groups[0].Destroy();
        groups[1].Destroy();
    }
}
