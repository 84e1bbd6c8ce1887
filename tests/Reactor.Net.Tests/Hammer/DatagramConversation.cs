using System.Net.Sockets;

namespace Reactor.Net.Tests.Hammer;

/// <summary>
/// Two datagram sockets of one shard. One at a time goes there and comes back, so that none is lost for want of room; then
/// one end is closed while the other waits.
/// </summary>
internal static class DatagramConversation
{
    private const int Largest = 3_000;

    /// <summary>What both kinds of datagram sockets can do.</summary>
    internal interface IEnd : IDisposable
    {
        ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

        ValueTask<(int Length, int DatagramLength, bool IsTruncated)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);
    }

    internal static async Task RunAsync(IEnd first, IEnd second, int seed)
    {
        var random = new Random(seed);
        Task echoing = EchoAsync(second, seed);
        int rounds = random.Next(1, 60);
        byte[] sent = new byte[Largest];
        byte[] received = new byte[Largest];
        for (int round = 0; round < rounds; round++)
        {
            int length = random.Next(8) == 0 ? 0 : random.Next(Largest);
            CodedBytes.Fill(sent.AsSpan(0, length), seed, round);
            ValueTask sending = first.SendAsync(sent.AsMemory(0, length));
            int room = random.Next(8) == 0 ? random.Next(length + 1) : Largest;
            (int taken, int whole, bool isTruncated) = await ReceiveAsync(first, received.AsMemory(0, room), random);
            await sending;
            Assert.Equal((Math.Min(room, length), length, room < length), (taken, whole, isTruncated));
            CodedBytes.Check(received.AsSpan(0, taken), seed, round);
        }

        if (random.Next(2) == 0)
        {
            await Shard.Yield();
        }

        second.Dispose();
        await echoing;
        first.Dispose();
    }

    private static async Task EchoAsync(IEnd end, int seed)
    {
        var random = new Random(seed + 1);
        byte[] buffer = new byte[Largest];
        try
        {
            while (true)
            {
                (int length, int whole, _) = await ReceiveAsync(end, buffer, random);
                Assert.Equal(whole, length);
                await end.SendAsync(buffer.AsMemory(0, length));
            }
        }
        catch (Exception failure) when (failure is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
        }
    }

    private static async ValueTask<(int Length, int DatagramLength, bool IsTruncated)> ReceiveAsync(IEnd end, Memory<byte> buffer, Random random)
    {
        while (random.Next(5) == 0)
        {
            var cancellation = new CancellationTokenSource();
            ValueTask<(int, int, bool)> receiving = end.ReceiveAsync(buffer, cancellation.Token);
            await Shard.Yield();
            cancellation.Cancel();
            try
            {
                return await receiving;
            }
            catch (OperationCanceledException)
            {
                // Again: nothing is lost.
            }
        }

        return await end.ReceiveAsync(buffer, CancellationToken.None);
    }

    internal sealed class Udp(UdpSocket socket) : IEnd
    {
        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => socket.SendAsync(bytes);

        public async ValueTask<(int Length, int DatagramLength, bool IsTruncated)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            UdpReceived received = await socket.ReceiveAsync(buffer, cancellationToken);
            return (received.Length, received.DatagramLength, received.IsTruncated);
        }

        public void Dispose() => socket.Dispose();
    }

    internal sealed class Unix(UnixDatagramSocket socket) : IEnd
    {
        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => socket.SendAsync(bytes);

        public async ValueTask<(int Length, int DatagramLength, bool IsTruncated)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            UnixReceived received = await socket.ReceiveAsync(buffer, cancellationToken);
            return (received.Length, received.DatagramLength, received.IsTruncated);
        }

        public void Dispose() => socket.Dispose();
    }
}
