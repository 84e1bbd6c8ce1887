using System.Net.Sockets;

namespace Reactor.Net.Tests.Server;

public sealed class AllocationTests : ShardTest
{
    private const int WarmUp = 4_000;
    private const int Measured = 20_000;

    // Written and read on the shard; read here after the server has stopped.
    private long _requests;
    private long _allocatedAtWarmUp;
    private long _allocatedAtEnd;

    [Theory]
    [InlineData(1, false)]
    [InlineData(64, false)]
    [InlineData(1, true)]
    [InlineData(64, true)]
    public async Task An_echo_allocates_nothing_per_request(int connections, bool withToken)
    {
        using var cancellation = new CancellationTokenSource();
        CancellationToken token = withToken ? cancellation.Token : CancellationToken.None;
        await using TcpServer server = await TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, connection => EchoAsync(connection, token));
        Socket[] peers = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Peers.ConnectAsync(server.EndPoint)));

        await Task.Factory.StartNew(() => Drive(peers), TaskCreationOptions.LongRunning);

        Array.ForEach(peers, peer => peer.Dispose());
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        Assert.Equal(0, _allocatedAtEnd - _allocatedAtWarmUp);
    }

    [Fact]
    public Task A_pending_send_and_a_gathered_send_allocate_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        Task draining = Task.Factory.StartNew(() => Drain(pair.Peer), TaskCreationOptions.LongRunning);
        byte[] block = new byte[50_000];
        ReadOnlyMemory<byte>[] list = [block.AsMemory(0, 100), block.AsMemory(100, 40_000), default, block.AsMemory(40_100)];
        long before = 0;
        for (int i = 0; i < 300; i++)
        {
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            await pair.Ours.SendAsync(block);
            await pair.Ours.SendAsync(list);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        pair.Ours.Close();
        await draining;
        Assert.Equal(0, allocated);

        static void Drain(Socket peer)
        {
            byte[] buffer = new byte[4_096];
            while (peer.Receive(buffer) > 0)
            {
            }
        }
    });

    private async Task EchoAsync(TcpConnection connection, CancellationToken token)
    {
        byte[] buffer = new byte[256];
        while (await connection.ReceiveAsync(buffer, token) is var received and > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received), token);
            switch (++_requests)
            {
                case WarmUp:
                    _allocatedAtWarmUp = GC.GetAllocatedBytesForCurrentThread();
                    break;
                case WarmUp + Measured:
                    _allocatedAtEnd = GC.GetAllocatedBytesForCurrentThread();
                    break;
            }
        }
    }

    private static void Drive(Socket[] peers)
    {
        byte[] request = Payload.Random(100);
        byte[] answer = new byte[100];
        for (int done = 0; done <= WarmUp + Measured; done += peers.Length)
        {
            foreach (Socket peer in peers)
            {
                peer.Send(request);
            }

            foreach (Socket peer in peers)
            {
                for (int received = 0; received < answer.Length;)
                {
                    received += peer.Receive(answer.AsSpan(received));
                }
            }
        }
    }
}
