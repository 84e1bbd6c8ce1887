using Reactor.Scheduling;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Scheduling;

public sealed class RunQueueTests(ITestOutputHelper output)
{
    private static readonly Action<object?> s_nothing = static _ => { };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(256)]
    public void It_is_first_in_first_out_through_growth_and_wrap_around(int capacity)
    {
        Random random = Seed.Random(output);
        var queue = new RunQueue(capacity);
        var model = new Queue<object>();
        int next = 0;
        for (int step = 0; step < 100_000; step++)
        {
            // Phases of growing and of shrinking.
            bool grows = random.Next(100) < (step / 5000 % 2 == 0 ? 60 : 40);
            if (grows)
            {
                object state = next++;
                queue.Enqueue(s_nothing, state);
                model.Enqueue(state);
            }
            else if (model.TryDequeue(out object? expected))
            {
                WorkItem item = queue.Dequeue();
                Assert.Same(expected, item.State);
                Assert.Same(s_nothing, item.Callback);
            }

            Assert.Equal(model.Count, queue.Count);
        }
    }

    [Fact]
    public void What_was_taken_is_no_longer_held()
    {
        var queue = new RunQueue(4);
        WeakReference state = EnqueueAndDequeue(queue);
        GC.Collect();
        Assert.False(state.IsAlive);
        GC.KeepAlive(queue);
    }

    [Fact]
    public void Steady_use_allocates_nothing()
    {
        var queue = new RunQueue(4);
        Use(queue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Use(queue);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Use(RunQueue queue)
        {
            for (int i = 0; i < 1000; i++)
            {
                queue.Enqueue(s_nothing, null);
                queue.Enqueue(s_nothing, null);
                queue.Dequeue();
                queue.Dequeue();
            }
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference EnqueueAndDequeue(RunQueue queue)
    {
        object state = new();
        queue.Enqueue(s_nothing, state);
        queue.Dequeue();
        return new WeakReference(state);
    }
}
