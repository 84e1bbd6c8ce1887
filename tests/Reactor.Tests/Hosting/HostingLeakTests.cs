using Microsoft.Extensions.DependencyInjection;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

[Collection(Alone.Name)]
public sealed class HostingLeakTests
{
    [Fact]
    public async Task Fifty_starts_and_stops_leave_no_thread_no_descriptor_and_no_AIO_context()
    {
        await StartAndStopAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int threads = ProcessState.ShardThreads.Count;
        int descriptors = ProcessState.OpenDescriptors;
        int contexts = ProcessState.AioContexts;

        for (int i = 0; i < 50; i++)
        {
            await StartAndStopAsync();
        }

        await Eventually.Comes(() => ProcessState.ShardThreads.Count == threads, "threads as before");
        await Eventually.Comes(() => ProcessState.AioContexts == contexts, "AIO contexts as before");

        // The runtime opens a few when it likes: for a thread of its pool, for an assembly.
        await Eventually.Comes(() => ProcessState.OpenDescriptors <= descriptors + 20, "descriptors as before");

        static async Task StartAndStopAsync()
        {
            await using TestApplication application = await TestApplication.StartAsync(services => services
                .AddReactor()
                .AddSharded((_, _) => new object())
                .AddHealthChecks()
                .AddReactor());
            await application.Reactor.InvokeOnAllAsync(() => { });
        }
    }

    [Fact]
    public async Task Failed_starts_leave_no_thread_and_no_AIO_context_even_before_the_host_is_disposed()
    {
        int threads = ProcessState.ShardThreads.Count;
        int contexts = ProcessState.AioContexts;

        for (int i = 0; i < 10; i++)
        {
            var application = new TestApplication(services => services.AddSharded<object>((_, shard) => shard.Id == 1 ? throw new InvalidDataException() : new object()));
            await Assert.ThrowsAsync<InvalidDataException>(() => application.StartAsync());
            await Eventually.Comes(() => ProcessState.ShardThreads.Count == threads && ProcessState.AioContexts == contexts, "threads and contexts as before");
            await application.DisposeAsync();
        }
    }
}
