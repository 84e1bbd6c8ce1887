using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class CloseTests : ShardTest
{
    /// <summary>What a connection is doing when it is closed.</summary>
    public enum At
    {
        Idle,
        ReadQueued,
        ReadArmed,
        WriteArmed,
        BothArmed,
        AbandonedReadArmed,
        SendShutDown,
        ReadArmedAndSendShutDown,
        PeerFinUnseen,
        PeerFinSeen,
        PeerFinAndWriteArmed,
    }

    public static TheoryData<At> All => [.. Enum.GetValues<At>()];

    public static TheoryData<At> Sendable => [.. Enum.GetValues<At>().Except([At.SendShutDown, At.ReadArmedAndSendShutDown])];

    [Theory]
    [MemberData(nameof(All))]
    public Task Close_sends_FIN_promptly_after_all_bytes_that_were_sent(At state) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        await pair.Ours.SendAsync("before"u8.ToArray());
        using Pending pending = await BringAsync(pair, state);

        pair.Ours.Close();

        byte[] received = await pair.Peer.ReceiveToEndAsync().WaitAsync(Eventually.Promptly);
        Assert.Equal("before"u8.ToArray(), received[..6]);
        Assert.Equal(pending.SendsMore, received.Length > 6);
        await pending.AssertEndedAsync(SocketError.OperationAborted);
        await AssertNothingLeftAsync();
    });

    [Theory]
    [MemberData(nameof(Sendable))]
    public Task Abort_resets_the_connection_promptly(At state) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        using Pending pending = await BringAsync(pair, state);

        pair.Ours.Abort();

        await pair.Peer.AssertSeesResetAsync();
        await pending.AssertEndedAsync(SocketError.OperationAborted);
        await AssertNothingLeftAsync();
    });

    [Theory]
    [InlineData(At.SendShutDown)]
    [InlineData(At.ReadArmedAndSendShutDown)]
    public Task Abort_after_ShutdownSend_resets_the_other_direction_too(At state) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using Pending pending = await BringAsync(pair, state);
        await pair.Peer.AssertSeesFinAsync();

        pair.Ours.Abort();

        // Who has seen FIN still reads the end; the reset waits on the socket as an error.
        await Eventually.IsTrueAsync(() => pair.Peer.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0, "the peer is reset", Eventually.Promptly);
        await pending.AssertEndedAsync(SocketError.OperationAborted);
        await AssertNothingLeftAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Closing_after_the_peers_reset_gives_everything_back(bool abort) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();
        pair.Peer.Reset();
        await Assert.ThrowsAsync<SocketException>(async () => await receiving);

        End(pair.Ours, abort);

        await AssertNothingLeftAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Closing_while_the_peers_reset_is_on_its_way_ends_the_receive_once(bool abort) => OnShard(async () =>
    {
        for (int i = 0; i < 50; i++)
        {
            using Pair pair = await Pair.AcceptAsync();
            ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
            await NextTurn();
            pair.Peer.Reset();

            // The poll has fired, and its completion has not been harvested.
            End(pair.Ours, abort);

            SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await receiving);
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        await AssertNothingLeftAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Closing_while_data_is_on_its_way_ends_the_receive_once(bool abort) => OnShard(async () =>
    {
        for (int i = 0; i < 50; i++)
        {
            using Pair pair = await Pair.AcceptAsync();
            ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
            await NextTurn();
            pair.Peer.Send("x"u8);

            End(pair.Ours, abort);

            SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await receiving);
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        await AssertNothingLeftAsync();
    });

    [Fact]
    public Task A_handler_of_the_cancellation_may_close_the_connection() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();

        // Registered first, so that it runs after the receive's own, which was registered last.
        using CancellationTokenRegistration registration = cancellation.Token.Register(pair.Ours.Abort);
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        await pair.Peer.AssertSeesResetAsync();
    });

    [Fact]
    public Task All_bytes_arrive_before_FIN_although_the_peer_reads_late() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] bytes = Payload.Random(500_000);
        await pair.Ours.SendAsync(bytes);

        pair.Ours.Close();
        await AssertNothingLeftAsync();

        Assert.Equal(bytes, await pair.Peer.ReceiveToEndAsync());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Closing_twice_does_nothing_more(bool abort) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await NextTurn();
        pair.Ours.Close();

        End(pair.Ours, abort);
        pair.Ours.Dispose();

        await pair.Peer.AssertSeesFinAsync();
        await Assert.ThrowsAsync<SocketException>(async () => await receiving);
        await AssertNothingLeftAsync();
        End(pair.Ours, abort);
    });

    [Fact]
    public Task Closing_twice_does_not_hit_the_next_owner_of_the_slot() => OnShard(async () =>
    {
        using Pair first = await Pair.AcceptAsync();
        first.Ours.Close();
        await AssertNothingLeftAsync();
        using Pair second = await Pair.AcceptAsync();

        first.Ours.Abort();

        await second.Ours.SendAsync("alive"u8.ToArray());
        Assert.Equal("alive"u8.ToArray(), await second.Peer.ReceiveExactlyAsync(5));
    });

    [Fact]
    public Task A_reused_descriptor_gets_no_event_of_its_predecessor() => OnShard(async () =>
    {
        for (int i = 0; i < 100; i++)
        {
            using Pair first = await Pair.AcceptAsync();
            using var cancellation = new CancellationTokenSource();
            ValueTask<int> abandoned = first.Ours.ReceiveAsync(new byte[1], cancellation.Token);
            await NextTurn();
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await abandoned);
            first.Peer.Send("x"u8);
            first.Ours.Close();

            using Pair second = await Pair.AcceptAsync();
            ValueTask<int> receiving = second.Ours.ReceiveAsync(Memory<byte>.Empty);
            await NextTurn();
            await NextTurn();
            Assert.False(receiving.IsCompleted);
            second.Peer.Send("y"u8);
            Assert.Equal(0, await receiving);
        }
    });

    [Fact]
    public async Task Disposing_after_the_shard_has_stopped_is_harmless_on_any_thread()
    {
        Pair pair = null!;
        TcpConnectionListener listener = null!;
        await OnShard(async () =>
        {
            pair = await Pair.AcceptAsync();
            listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        });
        await Host.StopAsync();

        pair.Ours.Dispose();
        pair.Ours.Abort();
        listener.Dispose();

        Assert.True(pair.Ours.IsClosed);
        Assert.True(listener.IsClosed);
        await pair.Peer.AssertSeesResetAsync();
        pair.Peer.Dispose();
    }

    [Fact]
    public async Task Stopping_the_host_ends_pending_operations_with_OperationAborted()
    {
        Task[] operations = null!;
        Pair pair = null!;
        TcpConnectionListener listener = null!;
        await OnShard(async () =>
        {
            pair = await Pair.AcceptNarrowAsync();
            listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
            operations =
            [
                pair.Ours.ReceiveAsync(new byte[16]).AsTask(),
                pair.Ours.SendAsync(new byte[2_000_000]).AsTask(),
                listener.AcceptAsync().AsTask(),
            ];
            await NextTurn();
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        foreach (Task operation in operations)
        {
            SocketException exception = await Assert.ThrowsAsync<SocketException>(() => operation.WaitAsync(Eventually.Promptly));
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        await pair.Peer.AssertSeesResetAsync();
        pair.Peer.Dispose();
    }

    private static void End(TcpConnection connection, bool abort)
    {
        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Close();
        }
    }

    /// <summary>The shard is back to its wake-up, and the kernel holds nothing else of it.</summary>
    private Task AssertNothingLeftAsync() => Eventually.IsTrueAsync(
        () => Shard.GetStatistics() is { Descriptors: 1, PollsArmed: 1 } && Shard.Polls.Counters.Closing == 0,
        "descriptors and polls are given back");

    private static async Task<Pending> BringAsync(Pair pair, At state)
    {
        var pending = new Pending();
        if (state is At.PeerFinUnseen or At.PeerFinSeen or At.PeerFinAndWriteArmed)
        {
            pair.Peer.ShutdownSend();
            if (state != At.PeerFinUnseen)
            {
                Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[1]));
            }
        }

        if (state is At.ReadQueued or At.ReadArmed or At.BothArmed or At.AbandonedReadArmed or At.ReadArmedAndSendShutDown)
        {
            pending.Receive = pair.Ours.ReceiveAsync(new byte[16], pending.Cancellation.Token).AsTask();
        }

        if (state is At.WriteArmed or At.BothArmed or At.PeerFinAndWriteArmed)
        {
            pending.Send = pair.Ours.SendAsync(new byte[2_000_000]).AsTask();
            Assert.False(pending.Send.IsCompleted);
        }

        if (state is At.SendShutDown or At.ReadArmedAndSendShutDown)
        {
            pair.Ours.ShutdownSend();
        }

        if (state != At.ReadQueued)
        {
            await NextTurn();
        }

        if (state == At.AbandonedReadArmed)
        {
            pending.Cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.Receive!);
            pending.Receive = null;
        }

        return pending;
    }

    private sealed class Pending : IDisposable
    {
        internal CancellationTokenSource Cancellation { get; } = new();

        internal Task? Receive { get; set; }

        internal Task? Send { get; set; }

        internal bool SendsMore => Send is not null;

        internal async Task AssertEndedAsync(SocketError expected)
        {
            foreach (Task? task in new[] { Receive, Send })
            {
                if (task is not null)
                {
                    SocketException exception = await Assert.ThrowsAsync<SocketException>(() => task.WaitAsync(Eventually.Promptly));
                    Assert.Equal(expected, exception.SocketErrorCode);
                }
            }
        }

        public void Dispose() => Cancellation.Dispose();
    }
}
