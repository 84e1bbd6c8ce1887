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
}
