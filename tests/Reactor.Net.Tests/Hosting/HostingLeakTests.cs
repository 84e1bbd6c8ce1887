using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Net.Tests.Hosting;

[Collection(Alone.Name)]
public sealed class HostingLeakTests
{
    [Fact]
    public async Task Fifty_starts_and_stops_over_connections_leave_no_thread_no_descriptor_and_no_AIO_context()
    {
        await ServeAsync(isAborted: false);
        int descriptors = ProcessState.SettledDescriptorCount();
        int contexts = ProcessState.AioContexts;
        int threads = ShardThreads;

        for (int i = 0; i < 50; i++)
        {
            await ServeAsync(isAborted: i % 2 == 0);
        }

        await AssertNoMoreThanAsync(threads, descriptors, contexts);
    }

    [Fact]
    public async Task Failed_starts_leave_no_thread_no_descriptor_and_no_AIO_context()
    {
        using Socket other = Peers.Create(Peers.AnyLoopbackPort);
        other.Bind(Peers.AnyLoopbackPort);
        other.Listen();
        await FailAsync();
        int descriptors = ProcessState.SettledDescriptorCount();
        int contexts = ProcessState.AioContexts;
        int threads = ShardThreads;

        for (int i = 0; i < 10; i++)
        {
            await FailAsync();
        }

        await AssertNoMoreThanAsync(threads, descriptors, contexts);

        async Task FailAsync()
        {
            await using var application = new TestApplication(services => services
                .AddTcpServer<EchoHandler>("first", "127.0.0.1:0")
                .AddTcpServer<EchoHandler>("second", other.LocalEndPoint!.ToString()));
            await Assert.ThrowsAsync<IOException>(() => application.StartAsync());
        }
    }

    /// <summary>Fewer is well: hosts of the tests before may still have been stopping when these were counted.</summary>
    private static async Task AssertNoMoreThanAsync(int threads, int descriptors, int contexts)
    {
        await Eventually.IsTrueAsync(() => ShardThreads <= threads, $"no more than {threads} threads of shards");
        await Eventually.IsTrueAsync(() => ProcessState.DescriptorCount <= descriptors, $"no more than {descriptors} descriptors of the process");
        await Eventually.IsTrueAsync(() => ProcessState.AioContexts <= contexts, $"no more than {contexts} AIO contexts of the process");
    }

    private static int ShardThreads => Directory.GetDirectories("/proc/self/task").Count(static task =>
    {
        try
        {
            return File.ReadAllText($"{task}/comm").StartsWith("reactor/", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return false;
        }
    });

    private static async Task ServeAsync(bool isAborted)
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddTcpServer<EchoHandler>("echo", "127.0.0.1:0"));
        Socket[] peers = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Peers.ConnectAsync(application.Servers["echo"].EndPoint)))];
        await Task.WhenAll(peers.Select(peer => Handlers.AssertEchoesAsync(peer)));
        if (!isAborted)
        {
            Array.ForEach(peers, peer => peer.Dispose());
        }

        using var deadline = new CancellationTokenSource();
        if (isAborted)
        {
            deadline.Cancel();
        }

        await application.StopAsync(deadline.Token);
        Array.ForEach(peers, peer => peer.Dispose());
    }
}
