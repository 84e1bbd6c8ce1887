using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

public sealed class PipeAllocationTests : ShardTest
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
    [InlineData(64, true)]
    public async Task An_echo_through_pipes_allocates_nothing_per_request(int connections, bool withToken)
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
    public Task Flushes_that_wait_and_reads_over_several_blocks_allocate_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        ConnectionPipe pipe = pair.Ours.AsPipe();
        Task echoing = Task.Factory.StartNew(() => Echo(pair.Peer), TaskCreationOptions.LongRunning);
        byte[] block = new byte[100_000];
        long before = 0;
        for (int i = 0; i < 150; i++)
        {
            if (i == 50)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            pipe.Output.Write(block);
            ValueTask<FlushResult> flushing = pipe.Output.FlushAsync();
            Assert.False(flushing.IsCompleted);
            for (long rest = block.Length; rest > 0;)
            {
                ReadResult result = await pipe.Input.ReadAsync();
                rest -= result.Buffer.Length;
                pipe.Input.AdvanceTo(result.Buffer.End);
            }

            await flushing;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        pair.Ours.Close();
        await echoing;
        Assert.Equal(0, allocated);

        static void Echo(Socket peer)
        {
            byte[] buffer = new byte[4_096];
            while (peer.Receive(buffer) is var received and > 0)
            {
                peer.Send(buffer.AsSpan(0, received));
            }
        }
    });

    private async Task EchoAsync(TcpConnection connection, CancellationToken token)
    {
        ConnectionPipe pipe = connection.AsPipe();
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync(token);
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
            {
                pipe.Output.Write(part.Span);
            }

            pipe.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }

            await pipe.Output.FlushAsync(token);
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
