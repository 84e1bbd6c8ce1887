using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace Reactor.Net.Tests.Streams;

/// <summary>
/// Long transfers between two connections of ours, whose reader stops half-way. <c>REACTOR_TRANSFER_MIB</c> makes them
/// longer than 64 MiB: 1024 is the gigabyte.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The pool holds nothing when its blocks have come back, which is tested.")]
public sealed class LongTransferTests(ITestOutputHelper output) : ShardTest
{
    private const int MiB = 1024 * 1024;
    private const int BlockSize = 64 * 1024;

    /// <summary>What may be on its way when nobody reads: the kernel's buffers on both sides, and what a pipe keeps.</summary>
    private const long MostInFlight = 2 * MiB;

    private static readonly long s_total = (long)MiB * (int.TryParse(Environment.GetEnvironmentVariable("REACTOR_TRANSFER_MIB"), NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 64);

    private readonly BlockCounter _blocks = new();
    private long _handed;
    private long _received;
    private bool _isSending;

    [Theory]
    [InlineData(StreamUse.Direct, false)]
    [InlineData(StreamUse.Direct, true)]
    [InlineData(StreamUse.Pipe, false)]
    [InlineData(StreamUse.Pipe, true)]
    [InlineData(StreamUse.Stream, false)]
    public async Task A_transfer_arrives_whole_and_a_reader_that_stops_stops_the_writer(StreamUse use, bool isUnix)
    {
        await Shard.InvokeAsync(async () =>
        {
            (StreamConnection one, StreamConnection other) = isUnix ? ConnectUnix() : await ConnectTcpAsync();
            using StreamConnection writer = one;
            using StreamConnection reader = other;
            Task<byte[]> sending = SendAsync(StreamEnd.Of(use, writer, _blocks));
            byte[] received = await ReceiveAsync(StreamEnd.Of(use, reader, _blocks));
            Assert.Equal(s_total, _received);
            Assert.Equal(await sending, received);
        }).AsTask().WaitAsync(TimeSpan.FromMinutes(5));
        await Eventually.IsEqualAsync(0L, () => _blocks.Rented, "blocks of the pipes");
    }

    private static (StreamConnection Writer, StreamConnection Reader) ConnectUnix() =>
        UnixConnection.CreatePair(new UnixConnectionOptions { SendBufferSize = 128 * 1024 });

    private static async Task<(StreamConnection Writer, StreamConnection Reader)> ConnectTcpAsync()
    {
        var options = new TcpListenerOptions { Connection = { ReceiveBufferSize = 128 * 1024, SendBufferSize = 128 * 1024 } };
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort, options);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        TcpConnection writer = await TcpConnector.ConnectAsync(listener.LocalEndPoint, options.Connection);
        return (writer, await accepting);
    }

    private async Task<byte[]> SendAsync(StreamEnd end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = Payload.Random(BlockSize);
        while (_handed < s_total)
        {
            BitConverter.TryWriteBytes(block, _handed);
            hash.AppendData(block);
            _handed += block.Length;
            _isSending = true;
            await end.SendAsync(block);
            _isSending = false;
        }

        await end.FinishAsync();
        return hash.GetHashAndReset();
    }

    private async Task<byte[]> ReceiveAsync(StreamEnd end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BlockSize];
        bool hasStopped = false;
        while (await end.ReceiveAsync(buffer, CancellationToken.None) is var received and > 0)
        {
            hash.AppendData(buffer, 0, received);
            _received += received;
            if (!hasStopped && _received > s_total / 2)
            {
                hasStopped = true;
                await WriterStandsStillAsync();
                output.WriteLine($"{_handed - _received:N0} B in flight, {_blocks.Rented} blocks of pipes, while nobody reads");
                Assert.InRange(_handed - _received, 1, MostInFlight);
                Assert.InRange(_blocks.Rented, 0, 64);
            }
        }

        return hash.GetHashAndReset();
    }

    private async Task WriterStandsStillAsync()
    {
        long handed;
        do
        {
            handed = _handed;
            await Shard.Delay(TimeSpan.FromMilliseconds(50));
        }
        while (handed != _handed || !_isSending);
    }
}
