using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpAllocationTests : ShardTest
{
    private const int WarmUp = 2_000;
    private const int Measured = 5_000;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    [InlineData("::", "127.0.0.1", true)]
    [InlineData("::", "::1", true)]
    public Task An_echo_with_addresses_allocates_nothing_per_datagram(string bound, string asked, bool withToken) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        using UdpSocket client = UdpSocket.Connect(ours.LocalEndPoint.At(asked));
        using var cancellation = new CancellationTokenSource();
        CancellationToken token = withToken ? cancellation.Token : CancellationToken.None;
        byte[] buffer = new byte[100];
        byte[] request = new byte[100];
        byte[] answer = new byte[100];
        long before = 0;
        for (int i = 0; i < WarmUp + Measured; i++)
        {
            if (i == WarmUp)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            // The receives that come first wait for their polls; the others find something.
            ValueTask<UdpReceived> receiving = ours.ReceiveAsync(buffer, token);
            await client.SendAsync(request, token);
            UdpReceived received = await receiving;
            ValueTask<UdpReceived> answered = default;
            bool isFirst = i % 2 == 0;
            if (isFirst)
            {
                answered = client.ReceiveAsync(answer, token);
            }

            await ours.SendToAsync(buffer.AsMemory(0, received.Length), received.From, received.Local, token);
            await (isFirst ? answered : client.ReceiveAsync(answer, token));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public Task A_batch_that_goes_to_and_fro_allocates_nothing(int count) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        using UdpSocket client = UdpSocket.Connect(ours.LocalEndPoint.At("127.0.0.1"));
        var requests = new UdpBatch(count, 100);
        var answers = new UdpBatch(count, 100);
        byte[] content = new byte[50];

        // What a socket needs for sends that do not end at once, it makes when the first of them comes.
        await ours.WaitToSendAsync();
        await client.WaitToSendAsync();
        long before = 0;
        for (int i = 0; i < WarmUp + Measured; i++)
        {
            if (i == WarmUp)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            ValueTask<int> receiving = ours.ReceiveBatchAsync(answers);
            requests.Clear();
            while (requests.TryAdd(content))
            {
            }

            await client.SendBatchAsync(requests);
            await receiving;
            UdpDatagram first = answers[0];
            first.Length = 10;
            await ours.SendBatchAsync(answers);
            await client.WaitToReceiveAsync();
            while (client.TryReceive(content, out _) == SocketError.Success)
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });
}
