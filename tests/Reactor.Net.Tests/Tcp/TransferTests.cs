using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class TransferTests : ShardTest
{
    private const int Total = 64 * 1024 * 1024;
    private const int BlockSize = 64 * 1024;

    /// <summary>What the shard may allocate for a whole transfer: nothing that grows with it.</summary>
    private const long AllocationLimit = 256 * 1024;

    [Fact]
    public Task Sixty_four_MiB_go_out_whole_to_a_slow_reader_in_flat_memory() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = { SendBufferSize = 64 * 1024 } });
        Task<(ulong Checksum, long Length)> receiving = Task.Factory.StartNew(() => Receive(pair.Peer, 3_000), TaskCreationOptions.LongRunning);
        byte[] block = Payload.Random(BlockSize);
        ulong checksum = Payload.Checksum([]);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int sent = 0; sent < Total; sent += block.Length)
        {
            BitConverter.TryWriteBytes(block, sent);
            checksum = Payload.Checksum(block, checksum);
            await pair.Ours.SendAsync(block);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < AllocationLimit, "memory grew with the transfer");
        pair.Ours.Close();
        Assert.Equal((checksum, Total), await receiving);
    });

    [Fact]
    public Task Sixty_four_MiB_come_in_whole_to_a_slow_reader_in_flat_memory() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync(new TcpListenerOptions { Connection = { ReceiveBufferSize = 64 * 1024 } });
        Task<ulong> sending = Task.Factory.StartNew(() => Send(pair.Peer), TaskCreationOptions.LongRunning);
        byte[] buffer = new byte[3_000];
        ulong checksum = Payload.Checksum([]);
        long length = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        while (await pair.Ours.ReceiveAsync(buffer) is var received and > 0)
        {
            checksum = Payload.Checksum(buffer.AsSpan(0, received), checksum);
            length += received;
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < AllocationLimit, "memory grew with the transfer");
        Assert.Equal(Total, length);
        Assert.Equal(await sending, checksum);
    });

    [Fact]
    public Task Both_directions_carry_sixteen_MiB_at_the_same_time() => OnShard(async () =>
    {
        using Pair pair = await Pair.ConnectAsync();
        Task<ulong> peerSending = Task.Factory.StartNew(() => Send(pair.Peer, Total / 4), TaskCreationOptions.LongRunning);
        Task<(ulong Checksum, long Length)> peerReceiving = Task.Factory.StartNew(() => Receive(pair.Peer, 10_000), TaskCreationOptions.LongRunning);

        Task<ulong> sending = SendAsync(pair.Ours);
        byte[] buffer = new byte[10_000];
        ulong checksum = Payload.Checksum([]);
        while (await pair.Ours.ReceiveAsync(buffer) is var received and > 0)
        {
            checksum = Payload.Checksum(buffer.AsSpan(0, received), checksum);
        }

        Assert.Equal(await peerSending, checksum);
        Assert.Equal((await sending, Total / 4), await peerReceiving);

        static async Task<ulong> SendAsync(TcpConnection connection)
        {
            byte[] block = Payload.Random(BlockSize);
            ulong checksum = Payload.Checksum([]);
            for (int sent = 0; sent < Total / 4; sent += block.Length)
            {
                BitConverter.TryWriteBytes(block, sent);
                checksum = Payload.Checksum(block, checksum);
                await connection.SendAsync(block);
            }

            connection.ShutdownSend();
            return checksum;
        }
    });

    private static (ulong Checksum, long Length) Receive(Socket peer, int bufferSize)
    {
        byte[] buffer = new byte[bufferSize];
        ulong checksum = Payload.Checksum([]);
        long length = 0;
        while (peer.Receive(buffer) is var received and > 0)
        {
            checksum = Payload.Checksum(buffer.AsSpan(0, received), checksum);
            length += received;
        }

        return (checksum, length);
    }

    private static ulong Send(Socket peer, int total = Total)
    {
        byte[] block = Payload.Random(BlockSize);
        ulong checksum = Payload.Checksum([]);
        for (int sent = 0; sent < total; sent += block.Length)
        {
            BitConverter.TryWriteBytes(block, sent);
            checksum = Payload.Checksum(block, checksum);
            for (int i = 0; i < block.Length;)
            {
                i += peer.Send(block.AsSpan(i));
            }
        }

        peer.ShutdownSend();
        return checksum;
    }
}
