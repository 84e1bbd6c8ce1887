namespace Reactor.Net.Tests.Aio;

public sealed class MixedBackendTests
{
    [Theory]
    [InlineData(BackendKind.LinuxAio, BackendKind.Epoll)]
    [InlineData(BackendKind.Epoll, BackendKind.LinuxAio)]
    public async Task Hosts_of_different_backends_serve_and_call_each_other_in_one_process(BackendKind servers, BackendKind clients)
    {
        await using var serving = ReactorHost.Start(With(servers));
        await using var asking = ReactorHost.Start(With(clients));
        Assert.Equal((servers, clients), (serving.Shards[0].Backend, asking.Shards[0].Backend));
        await using TcpServer server = await TcpServer.StartAsync(serving, Peers.AnyLoopbackPort, Handlers.EchoAsync);
        Task[] all = [.. Enumerable.Range(0, 20).Select(_ => asking.Shards[0].InvokeAsync(AskAsync).AsTask())];
        await Task.WhenAll(all).WaitAsync(Eventually.Patience);

        async Task AskAsync()
        {
            using TcpConnection connection = await TcpConnector.ConnectAsync(server.EndPoint);
            byte[] buffer = new byte[8];
            for (int i = 0; i < 100; i++)
            {
                await connection.SendAsync(BitConverter.GetBytes((long)i));
                for (int received = 0; received < buffer.Length;)
                {
                    int count = await connection.ReceiveAsync(buffer.AsMemory(received));
                    Assert.NotEqual(0, count);
                    received += count;
                }

                Assert.Equal(i, BitConverter.ToInt64(buffer));
                Assert.Same(serving.Shards[0], await serving.Shards[0].InvokeAsync(static () => Shard.Current));
                Assert.Same(asking.Shards[0], Shard.Current);
            }
        }
    }

    private static ReactorOptions With(BackendKind backend)
    {
        ReactorOptions options = Hosts.Options(1);
        options.Backend = backend;
        return options;
    }
}
