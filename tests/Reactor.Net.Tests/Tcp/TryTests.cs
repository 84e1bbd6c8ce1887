using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>Receiving and sending without waiting and without exceptions, and waiting without a buffer.</summary>
public sealed class TryTests : ShardTest
{
    [Fact]
    public Task TryReceive_says_WouldBlock_when_nothing_is_there() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        Assert.Equal(SocketError.WouldBlock, pair.Ours.TryReceive(new byte[4], out int received));
        Assert.Equal(0, received);
    });

    [Fact]
    public Task TryReceive_takes_what_WaitToReceive_has_waited_for() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[8];
        for (int round = 0; round < 20; round++)
        {
            ValueTask waiting = pair.Ours.WaitToReceiveAsync();
            await NextTurn();
            Assert.False(waiting.IsCompleted);
            await pair.Peer.SendAllAsync("hello"u8.ToArray());
            await waiting;

            Assert.Equal(SocketError.Success, pair.Ours.TryReceive(buffer, out int received));
            Assert.Equal("hello"u8.ToArray(), buffer[..received]);
            Assert.Equal(SocketError.WouldBlock, pair.Ours.TryReceive(buffer, out _));
        }
    });

    [Fact]
    public Task TryReceive_tells_the_end_as_success_with_no_bytes() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Peer.ShutdownSend();
        await pair.Ours.WaitToReceiveAsync();

        Assert.Equal(SocketError.Success, pair.Ours.TryReceive(new byte[4], out int received));
        Assert.Equal(0, received);
    });

    [Fact]
    public Task TryReceive_and_TrySend_return_the_reset() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Peer.Reset();
        await pair.Ours.WaitToReceiveAsync();

        Assert.Equal(SocketError.ConnectionReset, pair.Ours.TryReceive(new byte[4], out _));
        Assert.Equal(SocketError.Shutdown, pair.Ours.TrySend("x"u8, out int sent));
        Assert.Equal(0, sent);
    });

    [Fact]
    public Task TryReceive_refuses_a_buffer_that_could_not_tell_the_end() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        Assert.Throws<ArgumentException>(() => pair.Ours.TryReceive([], out _));
    });

    [Fact]
    public Task TryReceive_refuses_to_take_the_bytes_of_a_pending_receive() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[4]);

        Assert.Throws<InvalidOperationException>(() => pair.Ours.TryReceive(new byte[4], out _));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Ours.WaitToReceiveAsync());
        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await receiving);
    });

    [Fact]
    public Task TrySend_sends_what_there_is_room_for() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(256 * 1024);

        Assert.Equal(SocketError.Success, pair.Ours.TrySend(bytes, out int sent));
        Assert.InRange(sent, 1, bytes.Length - 1);
        Assert.Equal(bytes[..sent], await pair.Peer.ReceiveExactlyAsync(sent));
    });

    [Fact]
    public Task TrySend_of_nothing_is_a_success() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        Assert.Equal(SocketError.Success, pair.Ours.TrySend([], out int sent));
        Assert.Equal(0, sent);
    });

    [Fact]
    public Task A_loop_of_TrySend_and_WaitToSend_sends_everything() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(1024 * 1024);
        Task<byte[]> received = pair.Peer.ReceiveExactlyAsync(bytes.Length);
        int waits = 0;
        for (int done = 0; done < bytes.Length;)
        {
            SocketError outcome = pair.Ours.TrySend(bytes.AsSpan(done), out int sent);
            done += sent;
            if (outcome == SocketError.WouldBlock)
            {
                waits++;
                await pair.Ours.WaitToSendAsync();
            }
            else
            {
                Assert.Equal(SocketError.Success, outcome);
            }
        }

        Assert.Equal(bytes, await received);
        Assert.NotEqual(0, waits);
    });

    [Fact]
    public Task Waits_end_when_the_connection_is_closed_under_them() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        while (pair.Ours.TrySend(new byte[64 * 1024], out _) == SocketError.Success)
        {
        }

        ValueTask receiving = pair.Ours.WaitToReceiveAsync();
        ValueTask sending = pair.Ours.WaitToSendAsync();
        await NextTurn();
        pair.Ours.Abort();

        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(async () => await receiving)).SocketErrorCode);
        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(async () => await sending)).SocketErrorCode);
    });

    [Fact]
    public Task Waits_end_by_their_tokens_and_lose_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask waiting = pair.Ours.WaitToReceiveAsync(cancellation.Token);
        await NextTurn();
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await waiting);
        await Assert.ThrowsAsync<TaskCanceledException>(async () => await pair.Ours.WaitToSendAsync(cancellation.Token));

        await pair.Peer.SendAllAsync("x"u8.ToArray());
        await pair.Ours.WaitToReceiveAsync();
        Assert.Equal(SocketError.Success, pair.Ours.TryReceive(new byte[4], out int received));
        Assert.Equal(1, received);
    });

    [Fact]
    public Task A_closed_connection_refuses_all_of_them() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.Close();

        Assert.Throws<ObjectDisposedException>(() => pair.Ours.TryReceive(new byte[4], out _));
        Assert.Throws<ObjectDisposedException>(() => pair.Ours.TrySend("x"u8, out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Ours.WaitToReceiveAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Ours.WaitToSendAsync());
    });

    [Fact]
    public Task A_loop_of_waits_and_tries_allocates_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[16];
        long allocated = 0;
        for (int round = 0; round < 2_000; round++)
        {
            pair.Peer.Send("x"u8);
            long before = GC.GetAllocatedBytesForCurrentThread();
            await pair.Ours.WaitToReceiveAsync();
            SocketError receive = pair.Ours.TryReceive(buffer, out _);
            await pair.Ours.WaitToSendAsync();
            SocketError send = pair.Ours.TrySend("y"u8, out _);
            allocated = round < 1_000 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal((SocketError.Success, SocketError.Success), (receive, send));
            pair.Peer.Receive(buffer);
        }

        Assert.Equal(0, allocated);
    });

    /// <remarks>Readiness that was told to a wait which was then given up is not the next wait's.</remarks>
    [Fact]
    public Task A_wait_does_not_end_by_what_an_earlier_one_was_told() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask given = pair.Ours.WaitToReceiveAsync(cancellation.Token);
        await NextTurn();
        pair.Peer.Send("x"u8);

        // The slice is over, so that what is told in this turn stands behind this method in the queue.
        while (!Shard.NeedsPreempt)
        {
        }

        await Reactor.Shard.Yield();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await given);
        Assert.Equal(SocketError.Success, pair.Ours.TryReceive(new byte[4], out _));
        ValueTask waiting = pair.Ours.WaitToReceiveAsync();
        await NextTurn();
        await NextTurn();

        Assert.False(waiting.IsCompleted);
        pair.Peer.Send("x"u8);
        await waiting;
    });
}
