using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

[Collection(Alone.Name)]
public sealed class LeakTests
{
    [Fact]
    public async Task A_hundred_starts_and_stops_leave_no_thread_no_descriptor_and_no_context()
    {
        await StartUseAndStop();
        NoThreadIsLeft();
        int descriptors = ProcessState.OpenDescriptors;
        int contexts = ProcessState.AioContexts;
        for (int round = 0; round < 100; round++)
        {
            await StartUseAndStop();
            NoThreadIsLeft();
        }

        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
        Assert.Equal(contexts, ProcessState.AioContexts);
    }

    [Fact]
    public async Task A_stop_closes_what_was_polled()
    {
        await StartUseAndStop();
        int descriptors = ProcessState.OpenDescriptors;
        var host = new TestHost();
        await host.Run(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                _ = new Polling(host.Shard);
            }

            return 0;
        });
        Assert.True(ProcessState.OpenDescriptors >= descriptors + 10);
        await host.DisposeAsync();
        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
    }

    /// <remarks>The handler of a connection closes it when its token, or its await, ends: after the shard has been told to stop.</remarks>
    [Fact]
    public async Task What_is_closed_by_the_last_work_of_a_stopping_shard_is_closed()
    {
        await StartUseAndStop();
        int descriptors = ProcessState.OpenDescriptors;
        for (int round = 0; round < 30; round++)
        {
            var host = new TestHost();
            EventOperation operation = await host.Run(() => new EventOperation());
            await host.Run(async () =>
            {
                using var cancellation = new CancellationTokenSource();
                ValueTask<ulong> pending = operation.WaitAsync(cancellation.Token);
                await Task.Delay(1, CancellationToken.None);
                await cancellation.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending);
            });
            Task stop = host.Host.StopAsync();
            try
            {
                host.Shard.Post(operation.Close);
            }
            catch (ObjectDisposedException)
            {
                // Too late to be last: nobody closes it but the end of the process.
                descriptors++;
            }

            await Eventually.Ends(stop, "the stop");
        }

        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
    }

    [Fact]
    public void A_start_that_is_refused_leaves_nothing()
    {
        int descriptors = ProcessState.OpenDescriptors;
        for (int round = 0; round < 20; round++)
        {
            Assert.Throws<ArgumentException>(() => ReactorHost.Start(new ReactorOptions { PollBudget = 1 }));
        }

        NoThreadIsLeft();
        Assert.Equal(descriptors, ProcessState.OpenDescriptors);
    }

    /// <remarks>The runtime's Join returns a moment before the kernel has taken the thread off its list.</remarks>
    private static void NoThreadIsLeft() => Eventually.Until(() => ProcessState.ShardThreads.Count == 0, "no thread of a shard is left");

    private static async Task StartUseAndStop()
    {
        var host = new TestHost();
        Assert.Equal(42, await host.Run(async () =>
        {
            await Task.Yield();
            return 42;
        }));
        await host.DisposeAsync();
    }

    /// <summary>Holds a pipe whose reading end it polls.</summary>
    private sealed class Polling : ShardObject
    {
        private readonly int _handle;
        private readonly int _write;

        internal Polling(Shard shard)
            : base(shard)
        {
            (int read, _write) = Descriptors.Pipe();
            _handle = shard.Polls.Register(read);
            shard.Polls.Arm(_handle, Reactor.Polling.PollDirection.Read, new RecordingWaiter());
        }

        internal override void AbortAtStop()
        {
            Shard.Polls.Close(_handle, Reactor.Polling.CloseMode.Cancel);
            Descriptors.Close(_write);
        }
    }
}
