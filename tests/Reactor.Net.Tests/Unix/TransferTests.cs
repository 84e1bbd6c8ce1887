using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class TransferTests : ShardTest
{
    private const int Total = 64 * 1024 * 1024;
    private const int BlockSize = 64 * 1024;

    /// <summary>What the shard may allocate for a whole transfer: nothing that grows with it.</summary>
    private const long AllocationLimit = 256 * 1024;

    [Fact]
    public Task Sixty_four_MiB_go_out_whole_to_a_slow_reader_in_flat_memory() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
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
        using UnixPair pair = await UnixPair.ConnectAsync();
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
    public Task A_reader_that_stops_stops_the_writer() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        byte[] block = new byte[BlockSize];
        int sent = 0;
        Task writing = WriteAsync();
        for (int seen = -1; seen != sent; await NextTurn())
        {
            seen = sent;
        }

        Assert.True(sent < 32, $"{sent} blocks are on their way to somebody who does not read");
        pair.Ours.Close();
        await Assert.ThrowsAsync<SocketException>(() => writing);

        async Task WriteAsync()
        {
            while (true)
            {
                await pair.Ours.SendAsync(block);
                sent++;
            }
        }
    });

    [Fact]
    public Task An_echo_and_a_pending_send_allocate_nothing() => OnShard(async () =>
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(new UnixConnectionOptions { SendBufferSize = 4_096 });
        Task echoing = EchoAsync(second);
        byte[] small = new byte[100];
        byte[] large = new byte[30_000];
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 500)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            await first.SendAsync(small);
            for (int received = 0; received < small.Length;)
            {
                received += await first.ReceiveAsync(small);
            }

            ValueTask sending = first.SendAsync(large);
            for (int received = 0; received < large.Length;)
            {
                received += await first.ReceiveAsync(large);
            }

            await sending;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        first.Close();
        await echoing;
        second.Close();
        Assert.Equal(0, allocated);

        static async Task EchoAsync(UnixConnection connection)
        {
            byte[] buffer = new byte[8_192];
            while (await connection.ReceiveAsync(buffer) is var received and > 0)
            {
                await connection.SendAsync(buffer.AsMemory(0, received));
            }
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

    private static ulong Send(Socket peer)
    {
        byte[] block = Payload.Random(BlockSize);
        ulong checksum = Payload.Checksum([]);
        for (int sent = 0; sent < Total; sent += block.Length)
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
