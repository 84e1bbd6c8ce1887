using BenchmarkDotNet.Attributes;
using Reactor.Shards;

namespace Reactor.Bench.Micro.Inside;

/// <summary>What the loop and its futures cost on one shard, without system call and without another thread.</summary>
public class OneShard
{
    private const int Operations = 10_000_000;
    private const int FewerOperations = 2_000_000;

    /// <summary>Items that are ready at a time where the cost of a turn is to be lost among them.</summary>
    private const int Chains = 200;

    private ReactorHost _host = null!;

    [GlobalSetup]
    public void Start() => _host = ReactorHost.Start(new ReactorOptions { Shards = 1, IdlePollTime = Timeout.InfiniteTimeSpan });

    [GlobalCleanup]
    public void Stop() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>A call of the shard on itself, which runs at once.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task<long> InvokeOnItself() => _host.Shards[0].InvokeAsync(
        static async shard =>
        {
            long sum = 0;
            for (int i = 0; i < Operations; i++)
            {
                sum += await shard.InvokeAsync(static x => x + 1, i);
            }

            return sum;
        },
        _host.Shards[0]).AsTask();

    /// <summary>A future is begun, completed and awaited, in this order.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task<long> AwaitCompleted() => _host.Shards[0].InvokeAsync(
        static async shard =>
        {
            var future = new CompletedFuture(shard);
            long sum = 0;
            for (int i = 0; i < Operations; i++)
            {
                sum += await future.Complete(i);
            }

            return sum;
        },
        _host.Shards[0]).AsTask();

    /// <summary>A callback queues itself, over and over, and is alone: a turn of the loop.</summary>
    [Benchmark(OperationsPerInvoke = FewerOperations)]
    public Task Turn() => RunChainsAsync(1, FewerOperations);

    /// <summary>200 callbacks queue themselves, over and over: the way through the run queue.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task ScheduleAndRun() => RunChainsAsync(Chains, Operations);

    private Task RunChainsAsync(int chains, int operations)
    {
        var group = new ChainGroup(_host.Shards[0], chains, operations / chains);
        _host.Shards[0].Post(static group => group.Start(), group);
        return group.Ended;
    }

    private sealed class CompletedFuture(Shard shard) : ShardFuture<int>(shard)
    {
        internal ValueTask<int> Complete(int value)
        {
            Begin();
            SetResult(value);
            return Future;
        }

        protected override void OnTaken()
        {
        }
    }

    private sealed class ChainGroup(Shard shard, int chains, int runsOfEach)
    {
        private static readonly Action<object?> s_run = static group => ((ChainGroup)group!).Run();

        private readonly TaskCompletionSource _ended = new();
        private long _left = (long)chains * runsOfEach;

        internal Task Ended => _ended.Task;

        internal void Start()
        {
            for (int i = 0; i < chains; i++)
            {
                shard.Schedule(SchedulingGroup.Default, s_run, this);
            }
        }

        private void Run()
        {
            // The last runs of the other chains find nothing left.
            if (--_left > 0)
            {
                shard.Schedule(SchedulingGroup.Default, s_run, this);
            }
            else if (_left == 0)
            {
                _ended.SetResult();
            }
        }
    }
}
