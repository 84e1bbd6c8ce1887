using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class CancellationTests : ShardTest
{
    private static readonly CancellationToken s_fired = new(canceled: true);

    [Fact]
    public Task A_pending_receive_ends_when_its_token_fires() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();

        cancellation.Cancel();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
    });

    [Fact]
    public Task A_pending_receive_ends_when_its_token_fires_on_another_thread() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();

        Task cancelling = Task.Run(cancellation.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        await cancelling;
    });

    [Fact]
    public Task A_receive_whose_poll_has_not_been_submitted_yet_ends_when_its_token_fires() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        long polls = Shard.GetStatistics().PollsArmed;
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        await NextTurn();
        Assert.Equal(polls, Shard.GetStatistics().PollsArmed);
    });

    [Fact]
    public Task What_arrives_after_a_cancelled_receive_is_for_the_next_one() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        byte[] untouched = new byte[16];
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(untouched, cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);

        await pair.Peer.SendAllAsync("later"u8.ToArray());

        byte[] buffer = new byte[16];
        Assert.Equal("later"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
        Assert.All(untouched, one => Assert.Equal(0, one));
    });

    [Fact]
    public Task A_receive_takes_over_the_poll_of_the_cancelled_one() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();
        long armed = Shard.GetStatistics().PollsArmed;
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);

        ValueTask<int> next = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();

        Assert.Equal(armed, Shard.GetStatistics().PollsArmed);
        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await next);
    });

    [Fact]
    public Task A_receive_that_fails_with_a_fired_token_takes_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("here"u8.ToArray());
        Assert.Equal(0, await pair.Ours.ReceiveAsync(Memory<byte>.Empty));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Ours.ReceiveAsync(new byte[16], s_fired));

        Assert.Equal(4, await pair.Ours.ReceiveAsync(new byte[16]));
    });

    [Fact]
    public Task A_send_with_a_fired_token_sends_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Ours.SendAsync(new byte[16], s_fired));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Ours.SendAsync([new byte[16]], s_fired));

        pair.Ours.Close();
        Assert.Empty(await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task A_pending_send_ends_when_its_token_fires_and_what_was_sent_is_a_prefix() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        using var cancellation = new CancellationTokenSource();
        byte[] bytes = Payload.Random(2_000_000);
        ValueTask sending = pair.Ours.SendAsync(bytes, cancellation.Token);
        await NextTurn();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sending);
        pair.Ours.Close();
        byte[] received = await pair.Peer.ReceiveToEndAsync();
        Assert.InRange(received.Length, 1, bytes.Length - 1);
        Assert.Equal(bytes[..received.Length], received);
    });

    [Fact]
    public Task One_can_send_again_after_a_cancelled_send() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask sending = pair.Ours.SendAsync([new byte[1_000_000], new byte[1_000_000]], cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sending);

        Task<byte[]> receiving = Task.Run(pair.Peer.ReceiveToEndAsync);
        await pair.Ours.SendAsync("END"u8.ToArray());
        pair.Ours.Close();

        byte[] received = await receiving;
        Assert.Equal("END"u8.ToArray(), received[^3..]);
        Assert.All(received[..^3], one => Assert.Equal(0, one));
    });

    [Fact]
    public Task A_token_that_fires_after_the_end_of_its_receive_does_not_end_the_next() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> first = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await pair.Peer.SendAllAsync("1"u8.ToArray());
        Assert.Equal(1, await first);
        ValueTask<int> second = pair.Ours.ReceiveAsync(new byte[16]);

        await Task.Run(cancellation.Cancel);
        await NextTurn();

        Assert.False(second.IsCompleted);
        await pair.Peer.SendAllAsync("2"u8.ToArray());
        Assert.Equal(1, await second);
    });

    [Fact]
    public Task A_cancellation_on_its_way_from_another_thread_does_not_end_the_next_receive() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        for (int i = 0; i < 300; i++)
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<int> first = pair.Ours.ReceiveAsync(new byte[1], cancellation.Token);
            await NextTurn();

            // Both race: the byte and the cancellation, which comes by way of the inbox.
            Task cancelling = Task.Run(cancellation.Cancel);
            pair.Peer.Send("x"u8);
            bool received = false;
            try
            {
                received = await first == 1;
            }
            catch (OperationCanceledException)
            {
            }

            // Without a token, it can only end with a byte.
            ValueTask<int> second = pair.Ours.ReceiveAsync(new byte[1]);
            await cancelling;
            if (received)
            {
                pair.Peer.Send("y"u8);
            }

            Assert.Equal(1, await second);
        }
    });

    [Fact]
    public Task A_cancelled_accept_leaves_the_next_connection_for_the_next_accept() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using var cancellation = new CancellationTokenSource();
        ValueTask<TcpConnection> accepting = listener.AcceptAsync(cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await accepting);

        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);
        using TcpConnection ours = await listener.AcceptAsync();

        Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task A_connection_that_arrived_before_the_cancelled_accept_ended_is_not_lost() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        for (int i = 0; i < 50; i++)
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<TcpConnection> accepting = listener.AcceptAsync(cancellation.Token);
            await NextTurn();
            Task cancelling = Task.Run(cancellation.Cancel);
            using Socket peer = Peers.Create(listener.LocalEndPoint);
            peer.Connect(listener.LocalEndPoint);
            TcpConnection ours;
            try
            {
                ours = await accepting;
            }
            catch (OperationCanceledException)
            {
                ours = await listener.AcceptAsync();
            }

            Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
            ours.Abort();
            await cancelling;
        }
    });

    [Fact]
    public Task An_accept_with_a_fired_token_takes_nothing() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await listener.AcceptAsync(s_fired));

        using TcpConnection ours = await listener.AcceptAsync();
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task No_byte_is_lost_or_doubled_under_random_cancellations(int seed) => OnShard(async () =>
    {
        const int Rounds = 4_000;
        using Pair pair = await Pair.AcceptAsync();
        var random = new Random(seed);
        byte[] block = Payload.Random(6_000, seed);
        byte[] buffer = new byte[8_192];
        ulong sent = Payload.Checksum([]);
        ulong received = Payload.Checksum([]);
        long outstanding = 0;
        int cancelled = 0;
        for (int i = 0; i < Rounds; i++)
        {
            using var cancellation = new CancellationTokenSource();
            byte[] message = [];
            if (random.Next(2) == 0)
            {
                message = block.AsSpan(random.Next(3_000), random.Next(1, 3_000)).ToArray();
                sent = Payload.Checksum(message, sent);
                outstanding += message.Length;
            }

            // Whoever comes first: the message or the cancellation, before the poll is armed, after it, or from another thread.
            if (random.Next(3) == 0)
            {
                pair.Peer.Send(message);
                message = [];
            }

            ValueTask<int> receiving = pair.Ours.ReceiveAsync(buffer.AsMemory(0, random.Next(4) == 0 ? 0 : random.Next(1, buffer.Length)), cancellation.Token);
            Task elsewhere = Task.CompletedTask;
            switch (random.Next(5))
            {
                case 0:
                    cancellation.Cancel();
                    pair.Peer.Send(message);
                    break;
                case 1:
                    await NextTurn();
                    pair.Peer.Send(message);
                    cancellation.Cancel();
                    break;
                case 2:
                    elsewhere = Task.Run(cancellation.Cancel);
                    pair.Peer.Send(message);
                    break;
                case 3:
                    pair.Peer.Send(message);
                    await NextTurn();
                    elsewhere = Task.Run(cancellation.Cancel);
                    break;
                default:
                    pair.Peer.Send(message);
                    if (outstanding == 0)
                    {
                        cancellation.Cancel();
                    }

                    break;
            }

            try
            {
                int count = await receiving;
                received = Payload.Checksum(buffer.AsSpan(0, count), received);
                outstanding -= count;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            await elsewhere;
        }

        pair.Peer.ShutdownSend();
        while (await pair.Ours.ReceiveAsync(buffer) is var count and > 0)
        {
            received = Payload.Checksum(buffer.AsSpan(0, count), received);
            outstanding -= count;
        }

        Assert.Equal(0, outstanding);
        Assert.Equal(sent, received);
        Assert.True(cancelled > Rounds / 20, $"only {cancelled} receives were cancelled");
    });
}
