#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Tests.Support;

namespace Reactor.Tests.Primitives;

/// <summary>What is pooled is warmed up first; then nothing is allocated, whether somebody has to wait or not.</summary>
[Collection(Alone.Name)]
public sealed class PrimitiveAllocationTests : ShardTests
{
    [Fact]
    public Task Entering_and_leaving_a_gate_allocates_nothing() => Host.Run(() =>
    {
        var gate = new Gate();
        gate.Enter().Dispose();
        long before = Allocations.Begin();
        for (int i = 0; i < 1000; i++)
        {
            using GateHolder one = gate.Enter();
            using GateHolder two = one.Hold();
        }

        Assert.Equal(0, Allocations.Since(before));
        return 0;
    });

    [Fact]
    public Task Waiting_for_a_semaphore_allocates_nothing() => Host.Run(async () =>
    {
        var semaphore = new ShardSemaphore(0);
        await Rounds(100);
        Assert.Equal(0, await Rounds(1000));

        async ValueTask<long> Rounds(int count)
        {
            long before = Allocations.Begin();
            for (int i = 0; i < count; i++)
            {
                ValueTask first = semaphore.WaitAsync();
                ValueTask<SemaphoreUnits> second = semaphore.EnterAsync(2, TimeSpan.FromSeconds(60));
                semaphore.Signal(3);
                await first;
                (await second).Dispose();
                await semaphore.WaitAsync(2);
            }

            return Allocations.Since(before);
        }
    });

    [Fact]
    public Task Waiting_for_a_reader_writer_lock_allocates_nothing() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        await Rounds(100);
        Assert.Equal(0, await Rounds(1000));

        async ValueTask<long> Rounds(int count)
        {
            long before = Allocations.Begin();
            for (int i = 0; i < count; i++)
            {
                ReaderWriterLockHolder reader = await guard.EnterReadLockAsync();
                ValueTask<ReaderWriterLockHolder> writing = guard.EnterWriteLockAsync();
                reader.Dispose();
                (await writing).Dispose();
            }

            return Allocations.Since(before);
        }
    });

    [Fact]
    public Task Waiting_for_a_queue_allocates_nothing() => Host.Run(async () =>
    {
        var queue = new ShardQueue<long>(1);
        await Rounds(100);
        Assert.Equal(0, await Rounds(1000));

        async ValueTask<long> Rounds(int count)
        {
            long before = Allocations.Begin();
            for (int i = 0; i < count; i++)
            {
                ValueTask<long> pop = queue.PopAsync();
                await queue.PushAsync(i);
                await pop;
                await queue.PushAsync(i);
                ValueTask push = queue.PushAsync(i);
                await queue.PopAsync();
                await push;
                await queue.PopAsync();
            }

            return Allocations.Since(before);
        }
    });

    [Fact]
    public Task Waiting_for_a_condition_allocates_nothing() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        int[] value = [0];
        await Rounds(100);
        Assert.Equal(0, await Rounds(1000));

        async ValueTask<long> Rounds(int count)
        {
            // The method itself is put on the heap when it waits first.
            await Task.Yield();
            long before = Allocations.Begin();
            for (int i = 0; i < count; i++)
            {
                ValueTask plain = condition.WaitAsync(TimeSpan.FromSeconds(60));
                int old = value[0];
                ValueTask changed = condition.WaitAsync(static state => state.value[0] != state.old, (value, old));
                condition.Broadcast();
                await plain;
                value[0]++;
                condition.Signal();
                await changed;
            }

            return Allocations.Since(before);
        }
    });

    [Fact]
    public Task A_loop_over_a_queue_allocates_nothing_per_item() => Host.Run(async () =>
    {
        var queue = new ShardQueue<long>(4);
        long before = 0;
        long allocated = -1;
        Task reading = ReadAsync();
        for (int i = 0; i <= 1100; i++)
        {
            await queue.PushAsync(i);

            // Every other time the loop has to wait.
            if (i % 2 == 0)
            {
                await Shard.Delay(TimeSpan.Zero);
            }
        }

        queue.Complete();
        await reading;
        Assert.Equal(0, allocated);

        async Task ReadAsync()
        {
            await foreach (long item in queue.ReadAllAsync())
            {
                switch (item)
                {
                    case 100:
                        before = Allocations.Begin();
                        break;
                    case 1100:
                        allocated = Allocations.Since(before);
                        break;
                }
            }
        }
    });

    [Fact]
    public Task A_parallel_loop_allocates_nothing_per_item() => Host.Run(async () =>
    {
        long before = 0;
        long allocated = -1;
        await ShardParallel.ForEachAsync(Enumerable.Range(0, 1101), 3, (item, token) =>
        {
            switch (item)
            {
                case 100:
                    before = Allocations.Begin();
                    break;
                case 1100:
                    allocated = Allocations.Since(before);
                    break;
            }

            return item % 2 == 0 ? default : Shard.Delay(TimeSpan.Zero, token);
        });
        Assert.Equal(0, allocated);
    });
}
