using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Udp;

/// <summary>
/// Thousands of sockets that talk to an echo server in every way and are closed at any time. What each does follows from
/// the seed and its number. <c>REACTOR_HAMMER_SOCKETS</c> makes it longer, <c>REACTOR_HAMMER_SEED</c> makes it another.
/// </summary>
[Collection(Alone.Name)]
public sealed class UdpHammerTests(ITestOutputHelper output) : ShardTest
{
    private const int Shards = 2;
    private const int ActorsPerShard = 8;
    private const int Largest = 2_000;

    private enum Way
    {
        Echo,
        EchoBatch,
        EchoAfterCancellation,
        EchoAfterWaiting,
        EchoOfNothing,
        EchoTruncated,
        Refused,
        TooLong,
        CloseUnderReceive,
        CloseUnderBatch,
        CloseWithDataOnItsWay,
        CloseAtOnce,
    }

    private long _datagrams;

    protected override int ShardCount => Shards;

    [Fact]
    public async Task Whatever_sockets_do_no_datagram_is_mistaken_and_nothing_is_left_of_them()
    {
        int count = Setting("REACTOR_HAMMER_SOCKETS", 4_000);
        int seed = Setting("REACTOR_HAMMER_SEED", 20_250_707);
        output.WriteLine($"{count} sockets, seed {seed}");
        int descriptors = ProcessState.SettledDescriptorCount();
        int[] ways = new int[Enum.GetValues<Way>().Length];
        int next = 0;
        var options = new UdpServerOptions { Socket = { ReceiveBufferSize = 1_000_000 } };
        UdpServer server = await UdpServer.StartAsync(Host, new IPEndPoint(IPAddress.IPv6Any, 0), EchoAsync, options);

        await Task.WhenAll(Enumerable.Range(0, Shards * ActorsPerShard).Select(actor => Host.Shards[actor % Shards].InvokeAsync(async () =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= count)
            {
                var random = new Random(unchecked((seed * 1_000_003) + number));
                var way = (Way)random.Next(ways.Length);
                try
                {
                    await RunAsync(way, server.EndPoint.Port, random).WaitAsync(Eventually.Patience);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Socket {number} failed: {way}", exception);
                }

                Interlocked.Increment(ref ways[(int)way]);
            }
        }).AsTask()));

        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await Eventually.IsTrueAsync(() => Host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold their wake-ups");
        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        output.WriteLine(string.Join("; ", Host.Shards.Select(shard => shard.GetStatistics())));
        output.WriteLine(string.Join(", ", Enum.GetValues<Way>().Select(way => $"{way} {ways[(int)way]}")));
        Assert.Equal(count, ways.Sum());
        Assert.True(_datagrams > count, "many have been echoed");
    }

    private async Task RunAsync(Way way, int port, Random random)
    {
        IPEndPoint target = random.Next(4) == 0
            ? new IPEndPoint(IPAddress.IPv6Loopback, port)
            : new IPEndPoint(new IPAddress([127, 0, (byte)random.Next(3), (byte)random.Next(1, 250)]), port);
        if (way == Way.Refused)
        {
            target = UdpPeers.Closed(IPAddress.Parse("127.0.9.9"));
        }

        using UdpSocket socket = UdpSocket.Connect(target);
        byte[] message = new byte[random.Next(8, Largest)];
        random.NextBytes(message);
        byte[] answer = new byte[Largest];
        int rounds = random.Next(1, 6);
        for (int round = 0; round < rounds; round++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(message, round);
            switch (way)
            {
                case Way.Echo:
                    await socket.SendAsync(message);
                    await AssertEchoAsync(socket, message, answer);
                    break;
                case Way.EchoBatch:
                    await EchoBatchAsync(socket, random);
                    break;
                case Way.EchoAfterCancellation:
                    using (var cancellation = new CancellationTokenSource())
                    {
                        Task cancelled = random.Next(2) == 0
                            ? socket.ReceiveAsync(answer, cancellation.Token).AsTask()
                            : socket.ReceiveBatchAsync(new UdpBatch(2, 10), cancellation.Token).AsTask();
                        await PauseAsync(random);
                        cancellation.Cancel();
                        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
                    }

                    await socket.SendAsync(message);
                    await AssertEchoAsync(socket, message, answer);
                    break;
                case Way.EchoAfterWaiting:
                    Task waiting = socket.WaitToReceiveAsync().AsTask();
                    await socket.SendAsync(message);
                    await waiting;
                    await AssertEchoAsync(socket, message, answer);
                    break;
                case Way.EchoOfNothing:
                    await socket.SendAsync(default);
                    await AssertEchoAsync(socket, default, answer);
                    break;
                case Way.EchoTruncated:
                    await socket.SendAsync(message);
                    UdpReceived truncated = await socket.ReceiveAsync(answer.AsMemory(0, 7));
                    Assert.Equal((7, message.Length, true), (truncated.Length, truncated.DatagramLength, truncated.IsTruncated));
                    break;
                case Way.Refused:
                    await socket.SendAsync(message);
                    Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(answer))).SocketErrorCode);
                    break;
                case Way.TooLong:
                    Assert.Equal(SocketError.MessageSize, socket.TrySend(new byte[65_535]));
                    break;
                case Way.CloseUnderReceive or Way.CloseUnderBatch or Way.CloseWithDataOnItsWay:
                    Task pending = way == Way.CloseUnderBatch ? socket.ReceiveBatchAsync(new UdpBatch(2, 10)).AsTask() : socket.ReceiveAsync(answer).AsTask();
                    await PauseAsync(random);
                    if (way == Way.CloseWithDataOnItsWay)
                    {
                        await socket.SendAsync(message);
                        await PauseAsync(random);
                    }

                    socket.Dispose();
                    if (way != Way.CloseWithDataOnItsWay)
                    {
                        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => pending)).SocketErrorCode);
                    }
                    else
                    {
                        // The answer may have been faster.
                        await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                    }

                    return;
                case Way.CloseAtOnce:
                    await socket.SendAsync(message);
                    return;
            }
        }
    }

    private async Task AssertEchoAsync(UdpSocket socket, ReadOnlyMemory<byte> message, byte[] answer)
    {
        UdpReceived received = await socket.ReceiveAsync(answer);
        Assert.Equal(socket.RemoteEndPoint, received.From.ToIPEndPoint());
        Assert.True(message.Span.SequenceEqual(answer.AsSpan(0, received.Length)), "the answer is what was asked");
        Interlocked.Increment(ref _datagrams);
    }

    private async Task EchoBatchAsync(UdpSocket socket, Random random)
    {
        var batch = new UdpBatch(random.Next(1, 9), Largest);
        List<byte[]> sent = [];
        for (int i = 0; i < batch.Capacity; i++)
        {
            byte[] message = new byte[random.Next(Largest)];
            random.NextBytes(message);
            sent.Add(message);
            Assert.True(batch.TryAdd(message));
        }

        Assert.Equal(sent.Count, await socket.SendBatchAsync(batch));
        for (int received = 0; received < sent.Count;)
        {
            await socket.ReceiveBatchAsync(batch);
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(sent[received++], batch[i].Content.ToArray());
                Assert.Equal(socket.RemoteEndPoint, batch[i].Peer.ToIPEndPoint());
                Interlocked.Increment(ref _datagrams);
            }
        }
    }

    private static async Task PauseAsync(Random random)
    {
        for (int turns = random.Next(3); turns > 0; turns--)
        {
            await NextTurn();
        }
    }

    private static async Task EchoAsync(UdpSocket socket, CancellationToken stopping)
    {
        var batch = new UdpBatch(8, Largest);
        while (true)
        {
            await socket.ReceiveBatchAsync(batch, stopping);
            await socket.SendBatchAsync(batch, CancellationToken.None);
        }
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
