using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class SendTests : ShardTest
{
    [Fact]
    public Task Send_arrives_at_the_peer() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await pair.Ours.SendAsync("hello"u8.ToArray());

        Assert.Equal("hello"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(5));
    });

    [Fact]
    public Task A_send_with_room_in_the_kernel_ends_at_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        ValueTask sending = pair.Ours.SendAsync(new byte[100]);

        Assert.True(sending.IsCompletedSuccessfully);
        await sending;
    });

    [Fact]
    public Task An_empty_buffer_sends_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await pair.Ours.SendAsync(ReadOnlyMemory<byte>.Empty);
        pair.Ours.Close();

        Assert.Empty(await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task A_send_ends_when_a_slow_peer_has_made_room_for_its_last_byte() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(2_000_000);
        ValueTask sending = pair.Ours.SendAsync(bytes);
        Assert.False(sending.IsCompleted);

        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        await sending;

        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task Sends_one_after_the_other_arrive_in_order() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(500_000);
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        var random = new Random(7);
        for (int sent = 0; sent < bytes.Length;)
        {
            int count = Math.Min(random.Next(1, 20_000), bytes.Length - sent);
            await pair.Ours.SendAsync(bytes.AsMemory(sent, count));
            sent += count;
        }

        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task A_send_can_be_pending_while_a_receive_is_served() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(1_000_000);
        ValueTask sending = pair.Ours.SendAsync(bytes);
        await NextTurn();

        await pair.Peer.SendAllAsync("ping"u8.ToArray());
        Assert.Equal(4, await pair.Ours.ReceiveAsync(new byte[16]));

        Assert.False(sending.IsCompleted);
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        await sending;
        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task Sends_to_a_peer_that_has_reset_end_with_a_SocketException() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Peer.Reset();

        // The reset may take a moment to arrive; no signal kills the process either (SIGPIPE).
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
            {
                await pair.Ours.SendAsync(new byte[100]);
                await NextTurn();
            }
        });
        Assert.Contains(exception.SocketErrorCode, new[] { SocketError.ConnectionReset, SocketError.Shutdown });

        exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.SendAsync(new byte[100]));
        Assert.Equal(SocketError.Shutdown, exception.SocketErrorCode);
    });

    [Fact]
    public Task A_pending_send_ends_with_ConnectionReset_when_the_peer_resets() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        ValueTask sending = pair.Ours.SendAsync(new byte[2_000_000]);
        await NextTurn();

        pair.Peer.Reset();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await sending);
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    });

    [Fact]
    public Task A_send_after_ShutdownSend_ends_with_Shutdown() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.ShutdownSend();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.SendAsync(new byte[1]));

        Assert.Equal(SocketError.Shutdown, exception.SocketErrorCode);
    });

    [Fact]
    public async Task A_peer_that_always_makes_room_does_not_keep_the_shard_from_its_other_work()
    {
        // The peer takes more at a time than is sent, so that every send could end at once.
        bool begun = false;
        bool done = false;
        Task flooding = Shard.InvokeAsync(async () =>
        {
            using Pair pair = await Pair.AcceptAsync();
            Task draining = Task.Factory.StartNew(() => Drain(pair.Peer), TaskCreationOptions.LongRunning);
            byte[] block = new byte[64];
            while (!Volatile.Read(ref done))
            {
                Volatile.Write(ref begun, true);
                await pair.Ours.SendAsync(block);
            }

            pair.Ours.Close();
            await draining;
        }).AsTask();

        try
        {
            await Eventually.IsTrueAsync(() => Volatile.Read(ref begun), "the shard begins to send");
            for (int i = 0; i < 20; i++)
            {
                await Shard.InvokeAsync(() => i).AsTask().WaitAsync(Eventually.Promptly);
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            await flooding.WaitAsync(Eventually.Patience);
        }

        static void Drain(Socket peer)
        {
            byte[] block = new byte[1024 * 1024];
            while (peer.Receive(block) > 0)
            {
            }
        }
    }
}
