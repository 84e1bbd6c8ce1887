using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class ReceiveTests : ShardTest
{
    [Fact]
    public Task Receive_returns_what_the_peer_has_sent() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("hello"u8.ToArray());

        byte[] buffer = new byte[64];
        int received = await pair.Ours.ReceiveAsync(buffer);

        Assert.Equal("hello"u8.ToArray(), buffer[..received]);
    });

    [Fact]
    public Task Receive_waits_until_the_peer_sends() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[64];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(buffer);
        await NextTurn();
        Assert.False(receiving.IsCompleted);

        await pair.Peer.SendAllAsync("late"u8.ToArray());

        Assert.Equal("late"u8.ToArray(), buffer[..await receiving]);
    });

    [Fact]
    public Task A_buffer_that_is_too_small_leaves_the_rest_for_the_next_receive() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] sent = Payload.Random(1_000);
        await pair.Peer.SendAllAsync(sent);

        byte[] received = new byte[sent.Length];
        for (int count = 0; count < received.Length;)
        {
            count += await pair.Ours.ReceiveAsync(received.AsMemory(count, Math.Min(7, received.Length - count)));
        }

        Assert.Equal(sent, received);
    });

    [Fact]
    public Task Receive_returns_0_at_FIN_again_and_again() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("x"u8.ToArray());
        pair.Peer.ShutdownSend();

        byte[] buffer = new byte[16];
        Assert.Equal(1, await pair.Ours.ReceiveAsync(buffer));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
        }
    });

    [Fact]
    public Task A_pending_receive_ends_with_0_when_the_peer_sends_FIN() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();

        pair.Peer.ShutdownSend();

        Assert.Equal(0, await receiving);
    });

    [Fact]
    public Task A_pending_receive_ends_with_ConnectionReset_when_the_peer_resets() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();

        pair.Peer.Reset();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await receiving);
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        Assert.Contains("127.0.0.1", exception.Message, StringComparison.Ordinal);
        Assert.Contains("ECONNRESET", exception.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_receive_after_a_reset_ends_with_ConnectionReset() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Peer.Reset();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.ReceiveAsync(new byte[16]));

        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    });

    [Fact]
    public Task What_arrived_before_FIN_is_received_before_the_0() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] sent = Payload.Random(100_000);
        Task sending = pair.Peer.SendAllAsync(sent);

        var received = new MemoryStream();
        byte[] buffer = new byte[1_024];
        while (received.Length < sent.Length)
        {
            received.Write(buffer, 0, await pair.Ours.ReceiveAsync(buffer));
        }

        await sending;
        pair.Peer.ShutdownSend();
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
        Assert.Equal(sent, received.ToArray());
    });

    [Fact]
    public Task An_empty_buffer_waits_until_there_is_something_to_receive_and_takes_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> ready = pair.Ours.ReceiveAsync(Memory<byte>.Empty);
        await NextTurn();
        await NextTurn();
        Assert.False(ready.IsCompleted);

        await pair.Peer.SendAllAsync("now"u8.ToArray());

        Assert.Equal(0, await ready);
        byte[] buffer = new byte[16];
        Assert.Equal("now"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
    });

    [Fact]
    public Task An_empty_buffer_is_told_of_FIN() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> ready = pair.Ours.ReceiveAsync(Memory<byte>.Empty);
        await NextTurn();

        pair.Peer.ShutdownSend();

        Assert.Equal(0, await ready);
        Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[1]));
    });

    [Fact]
    public Task An_empty_buffer_is_told_of_a_reset() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> ready = pair.Ours.ReceiveAsync(Memory<byte>.Empty);
        await NextTurn();

        pair.Peer.Reset();

        await ready;
        await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.ReceiveAsync(new byte[1]));
    });

    [Fact]
    public Task An_empty_buffer_waits_although_the_receive_before_it_was_filled_to_the_brim() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("four"u8.ToArray());
        Assert.Equal(4, await pair.Ours.ReceiveAsync(new byte[4]));

        // Nothing is left, and nothing has been sent.
        ValueTask<int> ready = pair.Ours.ReceiveAsync(Memory<byte>.Empty);
        await NextTurn();

        Assert.False(ready.IsCompleted, "a receive into an empty buffer ended although there is nothing to receive");
        await pair.Peer.SendAllAsync("more"u8.ToArray());
        Assert.Equal(0, await ready);
    });

    [Fact]
    public Task An_empty_buffer_waits_again_when_what_was_ready_has_been_received() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("four"u8.ToArray());
        Assert.Equal(0, await pair.Ours.ReceiveAsync(Memory<byte>.Empty));
        Assert.Equal(4, await pair.Ours.ReceiveAsync(new byte[4]));

        ValueTask<int> ready = pair.Ours.ReceiveAsync(Memory<byte>.Empty);
        await NextTurn();

        Assert.False(ready.IsCompleted, "a receive into an empty buffer ended although there is nothing to receive");
        pair.Peer.ShutdownSend();
        Assert.Equal(0, await ready);
    });

    [Fact]
    public Task Urgent_data_does_not_disturb_a_pending_receive() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[16];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(buffer);
        await NextTurn();

        pair.Peer.Send("!"u8, SocketFlags.OutOfBand);
        await pair.Peer.SendAllAsync("plain"u8.ToArray());

        var received = new List<byte>();
        received.AddRange(buffer[..await receiving]);
        while (received.Count < 5)
        {
            received.AddRange(buffer[..await pair.Ours.ReceiveAsync(buffer)]);
        }

        Assert.Equal("plain"u8.ToArray(), received.ToArray());
    });

    [Fact]
    public Task A_receive_that_is_awaited_late_has_its_result() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[16];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(buffer);
        await pair.Peer.SendAllAsync("early"u8.ToArray());
        await Eventually.IsTrueAsync(() => receiving.IsCompleted, "the receive ends without being awaited");

        Assert.Equal("early"u8.ToArray(), buffer[..await receiving]);
    });

    [Fact]
    public async Task A_peer_that_never_pauses_does_not_keep_the_shard_from_its_other_work()
    {
        // The buffer is small and always filled, so that every receive could end at once.
        bool begun = false;
        bool done = false;
        Task flooded = Shard.InvokeAsync(async () =>
        {
            using Pair pair = await Pair.AcceptAsync();
            Task flooding = Task.Factory.StartNew(() => Flood(pair.Peer), TaskCreationOptions.LongRunning);
            byte[] buffer = new byte[64];
            while (!Volatile.Read(ref done))
            {
                Volatile.Write(ref begun, true);
                Assert.True(await pair.Ours.ReceiveAsync(buffer) > 0);
            }

            pair.Ours.Abort();
            await flooding;
        }).AsTask();

        try
        {
            await Eventually.IsTrueAsync(() => Volatile.Read(ref begun), "the shard begins to receive");
            for (int i = 0; i < 20; i++)
            {
                await Shard.InvokeAsync(() => i).AsTask().WaitAsync(Eventually.Promptly);
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            await flooded.WaitAsync(Eventually.Patience);
        }

        static void Flood(Socket peer)
        {
            byte[] block = new byte[256 * 1024];
            try
            {
                while (true)
                {
                    peer.Send(block);
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
        }
    }
}
