using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Server;

/// <summary>
/// Thousands of connections over one server, opened and ended in every way that either side can think of. What each does
/// follows from the seed and its number. <c>REACTOR_HAMMER_CONNECTIONS</c> makes it longer (200,000 for an evening),
/// <c>REACTOR_HAMMER_SEED</c> makes it another.
/// </summary>
[Collection(Alone.Name)]
public sealed class HammerTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int HeaderSize = 5;
    private const int LargeSend = 1_000_000;

    /// <summary>How a connection goes. The first byte that the client sends tells the server.</summary>
    private enum Way : byte
    {
        EchoUntilFin,
        EchoAfterFin,
        EchoUnderCancellation,
        EchoWithEmptyBuffers,
        ClientResetsAtOnce,
        ClientFinishesAtOnce,
        ClientResetsInTheMiddle,
        ClientFinishesInTheMiddle,
        ServerCloses,
        ServerClosesUnderAnArmedPoll,
        ServerAborts,
        ServerAbortsUnderAnArmedPoll,
        ServerFails,
        ServerAbortsAPendingSend,
        ClientResetsDuringASend,
    }

    private readonly ConcurrentQueue<Exception> _unhandled = new();

    // Of the echoes that have gone through to their end.
    private long _receivedByServer;
    private long _sentByServer;
    private long _sentByClients;
    private long _receivedByClients;

    [Theory]
    [InlineData(1, ConnectionDistribution.ReusePort, 8_000)]
    [InlineData(2, ConnectionDistribution.ReusePort, 6_000)]
    [InlineData(4, ConnectionDistribution.LeastConnections, 6_000)]
    public async Task Whatever_ends_a_connection_nothing_is_left_of_it_and_no_byte_is_lost(int shards, ConnectionDistribution distribution, int connections)
    {
        ReactorOptions options = Hosts.Options(shards, pollBudget: 4_096);
        options.UnhandledException = (_, exception) => _unhandled.Enqueue(exception);
        await using ReactorHost host = ReactorHost.Start(options);
        connections = Setting("REACTOR_HAMMER_CONNECTIONS", connections);
        int seed = Setting("REACTOR_HAMMER_SEED", 20_250_101);
        output.WriteLine($"{connections} connections, seed {seed}");
        TcpServer server = await TcpServer.StartAsync(host, Peers.AnyLoopbackPort, ServeAsync, new TcpServerOptions { Distribution = distribution });
        using (Socket first = await Peers.ConnectAsync(server.EndPoint))
        {
            // What .NET's sockets open once for the process is open before the descriptors are counted.
            first.Reset();
        }

        // Not before it was accepted: there is no connection then either.
        await Eventually.IsTrueAsync(() => server.GetStatistics() is { Accepted: 1, Active: 0 }, "the first connection has come and gone");
        int listeners = distribution == ConnectionDistribution.LeastConnections ? 1 : shards;
        int descriptors = ProcessState.SettledDescriptorCount();
        int next = 0;
        int[] ways = new int[Enum.GetValues<Way>().Length];
        long start = Stopwatch.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (Interlocked.Increment(ref next) is var number && number <= connections)
                {
                    Way way = RunClient(server.EndPoint, number, new Random(unchecked((seed * 1_000_003) + number)));
                    Interlocked.Increment(ref ways[(int)way]);
                }
            },
            TaskCreationOptions.LongRunning)));

        await Eventually.IsEqualAsync(0, () => server.GetStatistics().Active, "active connections");
        await Eventually.IsTrueAsync(
            () => host.Shards.All(shard => shard.HoldsOnly(shard.Id < listeners ? 2 : 1)),
            "the shards hold their wake-ups and listeners");
        await Eventually.IsEqualAsync(descriptors, () => ProcessState.DescriptorCount, "descriptors of the process");
        ServerStatistics statistics = server.GetStatistics();
        output.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s; {statistics}");
        output.WriteLine(string.Join("; ", host.Shards.Select(shard => shard.GetStatistics())));
        output.WriteLine(string.Join(", ", Enum.GetValues<Way>().Select(way => $"{way} {ways[(int)way]}")));
        Assert.Equal(connections + 1, statistics.Accepted);
        Assert.Equal(0, statistics.AcceptErrors);
        Assert.Equal(ways[(int)Way.ServerFails], statistics.HandlerFailures);
        Assert.Equal(ways[(int)Way.ServerFails], _unhandled.Count);
        Assert.All(_unhandled, exception => Assert.IsType<InvalidDataException>(exception));
        Assert.Equal(_sentByClients, _receivedByServer);
        Assert.Equal(_sentByClients, _sentByServer);
        Assert.Equal(_sentByClients, _receivedByClients);
        await server.StopAsync().WaitAsync(Eventually.Promptly);
        await Eventually.IsTrueAsync(() => host.Shards.All(shard => shard.HoldsOnly(1)), "the shards hold their wake-ups");
    }

    private Way RunClient(IPEndPoint server, int number, Random random)
    {
        // Large sends are rare: they cost as much as a hundred others.
        Way way = (Way)random.Next(random.Next(20) == 0 ? (int)Way.ClientResetsDuringASend + 1 : (int)Way.ServerAbortsAPendingSend);
        using Socket peer = Peers.Create(server);
        peer.ReceiveTimeout = peer.SendTimeout = (int)Eventually.Patience.TotalMilliseconds;

        // Many source addresses, so that ports in TIME_WAIT do not run out.
        peer.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)((number % 250) + 1)]), 0));
        peer.Connect(server);
        byte[] message = new byte[HeaderSize + random.Next(1, 5_000)];
        random.NextBytes(message);
        message[0] = (byte)way;
        BitConverter.TryWriteBytes(message.AsSpan(1), message.Length);
        switch (way)
        {
            case Way.EchoUntilFin or Way.EchoUnderCancellation or Way.EchoWithEmptyBuffers:
                SendInParts(peer, message, random);
                AssertEcho(message, ReceiveToEnd(peer, message.Length));
                peer.ShutdownSend();
                Assert.Empty(ReceiveToEnd(peer));
                break;
            case Way.EchoAfterFin:
                SendInParts(peer, message, random);
                peer.ShutdownSend();
                AssertEcho(message, ReceiveToEnd(peer));
                break;
            case Way.ClientResetsAtOnce:
                break;
            case Way.ClientFinishesAtOnce:
                peer.ShutdownSend();
                Assert.Empty(ReceiveToEnd(peer));
                break;
            case Way.ClientResetsInTheMiddle:
                SendInParts(peer, message.AsSpan(0, random.Next(1, message.Length)), random);
                break;
            case Way.ClientFinishesInTheMiddle:
                SendInParts(peer, message.AsSpan(0, random.Next(1, message.Length)), random);
                peer.ShutdownSend();
                ReceiveToEnd(peer);
                break;
            case Way.ServerCloses or Way.ServerClosesUnderAnArmedPoll:
                peer.Send(message.AsSpan(0, HeaderSize));
                Assert.Empty(ReceiveToEnd(peer));
                break;
            case Way.ServerAborts or Way.ServerAbortsUnderAnArmedPoll or Way.ServerFails or Way.ServerAbortsAPendingSend:
                peer.Send(message.AsSpan(0, HeaderSize));
                SocketException reset = Assert.Throws<SocketException>(() => ReceiveToEnd(peer));
                Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
                break;
            case Way.ClientResetsDuringASend:
                peer.Send(message.AsSpan(0, HeaderSize));
                ReceiveToEnd(peer, 1 + random.Next(10_000));
                break;
        }

        if (random.Next(4) != 0)
        {
            peer.Reset();
        }

        return way;
    }

    private void AssertEcho(byte[] sent, byte[] received)
    {
        Assert.Equal(Payload.Checksum(sent), Payload.Checksum(received));
        Interlocked.Add(ref _sentByClients, sent.Length);
        Interlocked.Add(ref _receivedByClients, received.Length);
    }

    private static void SendInParts(Socket peer, ReadOnlySpan<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[peer.Send(bytes[..random.Next(1, bytes.Length + 1)])..];
        }
    }

    private static byte[] ReceiveToEnd(Socket peer, int limit = int.MaxValue)
    {
        var received = new MemoryStream();
        Span<byte> buffer = stackalloc byte[4_096];
        while (received.Length < limit && peer.Receive(buffer[..(int)Math.Min(buffer.Length, limit - received.Length)]) is var count and > 0)
        {
            received.Write(buffer[..count]);
        }

        return received.ToArray();
    }

    private async Task ServeAsync(TcpConnection connection)
    {
        byte[] message = new byte[8_192];
        int length = 0;
        while (length < HeaderSize)
        {
            int received = await connection.ReceiveAsync(message.AsMemory(length, HeaderSize - length));
            if (received == 0)
            {
                return;
            }

            length += received;
        }

        int expected = BitConverter.ToInt32(message, 1);
        switch ((Way)message[0])
        {
            case Way.EchoUntilFin or Way.EchoAfterFin or Way.ClientResetsInTheMiddle or Way.ClientFinishesInTheMiddle:
                await EchoAsync(connection, message, expected, ReceiveAsync);
                break;
            case Way.EchoUnderCancellation:
                var random = new Random(expected);
                await EchoAsync(connection, message, expected, (connection, rest) => ReceiveUnderCancellationAsync(connection, rest, random));
                break;
            case Way.EchoWithEmptyBuffers:
                await EchoAsync(connection, message, expected, ReceiveAfterReadinessAsync);
                break;
            case Way.ServerCloses:
                connection.Close();
                break;
            case Way.ServerClosesUnderAnArmedPoll:
                Task closed = ExpectAbortedAsync(connection.ReceiveAsync(message));
                await Task.Yield();
                connection.Close();
                await closed;
                break;
            case Way.ServerAborts:
                connection.Abort();
                break;
            case Way.ServerAbortsUnderAnArmedPoll:
                Task aborted = ExpectAbortedAsync(connection.ReceiveAsync(message));
                await Task.Yield();
                connection.Abort();
                await aborted;
                break;
            case Way.ServerFails:
                throw new InvalidDataException("as the client wanted it");
            case Way.ServerAbortsAPendingSend:
                connection.SendBufferSize = 4_096;
                Task sending = connection.SendAsync(new byte[10 * LargeSend]).AsTask();
                await Task.Yield();
                connection.Abort();
                await Assert.ThrowsAsync<SocketException>(() => sending);
                break;
            case Way.ClientResetsDuringASend:
                await connection.SendAsync([new byte[LargeSend], new byte[LargeSend]]);
                await connection.ReceiveAsync(message);
                break;
        }
    }

    private async Task EchoAsync(TcpConnection connection, byte[] message, int expected, Func<TcpConnection, Memory<byte>, ValueTask<int>> receiveAsync)
    {
        int length = HeaderSize;
        while (length < expected)
        {
            int received = await receiveAsync(connection, message.AsMemory(length, expected - length));
            if (received == 0)
            {
                return;
            }

            length += received;
        }

        await connection.SendAsync([message.AsMemory(0, length / 2), message.AsMemory(length / 2, length - (length / 2))]);
        Interlocked.Add(ref _receivedByServer, length);
        Interlocked.Add(ref _sentByServer, length);

        // The client finishes, or resets in the end.
        await connection.ReceiveAsync(message);
    }

    private static ValueTask<int> ReceiveAsync(TcpConnection connection, Memory<byte> rest) => connection.ReceiveAsync(rest);

    private static async ValueTask<int> ReceiveAfterReadinessAsync(TcpConnection connection, Memory<byte> rest)
    {
        await connection.ReceiveAsync(Memory<byte>.Empty);
        return await connection.ReceiveAsync(rest);
    }

    private static async ValueTask<int> ReceiveUnderCancellationAsync(TcpConnection connection, Memory<byte> rest, Random random)
    {
        while (true)
        {
            // Not disposed here: it may still be about to be cancelled from the thread pool.
            var cancellation = new CancellationTokenSource();
            ValueTask<int> receiving = connection.ReceiveAsync(rest, cancellation.Token);
            switch (random.Next(4))
            {
                case 0:
                    cancellation.Cancel();
                    break;
                case 1:
                    await Task.Yield();
                    cancellation.Cancel();
                    break;
                case 2:
                    ThreadPool.UnsafeQueueUserWorkItem(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), cancellation);
                    break;
            }

            try
            {
                return await receiving;
            }
            catch (OperationCanceledException)
            {
                // Again: nothing is lost.
            }
        }
    }

    private static async Task ExpectAbortedAsync(ValueTask<int> receiving)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await receiving);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
