using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class CloseTests : ShardTest
{
    /// <summary>What a connection is doing when it ends.</summary>
    public enum At
    {
        Idle,
        ReadQueued,
        ReadArmed,
        WriteArmed,
        BothArmed,
        AbandonedReadArmed,
        SendShutDown,
        PeerFinSeen,
    }

    public static TheoryData<At, bool> All
    {
        get
        {
            var all = new TheoryData<At, bool>();
            foreach (At state in Enum.GetValues<At>())
            {
                all.Add(state, false);
                all.Add(state, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public Task Close_and_abort_show_the_peer_all_bytes_and_then_the_end(At state, bool aborts) => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptNarrowAsync();
        await pair.Ours.SendAsync("before"u8.ToArray());
        List<Task> pending = await BringAsync(pair, state);

        if (aborts)
        {
            pair.Ours.Abort();
        }
        else
        {
            pair.Ours.Close();
        }

        byte[] received = await pair.Peer.ReceiveToEndAsync().WaitAsync(Eventually.Promptly);
        Assert.Equal("before"u8.ToArray(), received[..6]);
        foreach (Task operation in pending)
        {
            SocketException exception = await Assert.ThrowsAsync<SocketException>(() => operation);
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "nothing is left on the shard");
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Bytes_that_were_not_received_make_it_a_reset_after_what_was_sent(bool aborts) => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        await pair.Ours.SendAsync("answer"u8.ToArray());
        await pair.Peer.SendAllAsync("unread"u8.ToArray());

        if (aborts)
        {
            pair.Ours.Abort();
        }
        else
        {
            pair.Ours.Close();
        }

        Assert.Equal("answer"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(6));
        await pair.Peer.AssertSeesResetAsync();
    });

    [Fact]
    public Task A_reset_by_the_peer_fails_a_pending_receive() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        await pair.Ours.SendAsync("unread"u8.ToArray());
        Task<int> receiving = pair.Ours.ReceiveAsync(new byte[16]).AsTask();
        await NextTurn();

        pair.Peer.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => receiving);
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        Assert.Contains("Unix connection accepted on", exception.Message);
    });

    [Fact]
    public async Task Stopping_the_host_ends_connections()
    {
        ReactorHost host = ReactorHost.Start(Hosts.Options(1));
        Task<int>? receiving = null;
        using Socket peer = await host.Shards[0].InvokeAsync(async () =>
        {
            UnixPair pair = await UnixPair.AcceptAsync();
            receiving = pair.Ours.ReceiveAsync(new byte[1]).AsTask();
            return pair.Peer;
        });

        await host.StopAsync().WaitAsync(Eventually.Patience);

        await peer.AssertSeesFinAsync();
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => receiving!);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    }

    [Fact]
    public Task Use_after_close_and_a_second_receive_throw_at_once() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        Task<int> receiving = pair.Ours.ReceiveAsync(new byte[1]).AsTask();

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.ReceiveAsync(new byte[1]).AsTask(); });
        pair.Ours.Close();
        pair.Ours.Close();
        pair.Ours.Abort();

        await Assert.ThrowsAsync<SocketException>(() => receiving);
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Ours.ReceiveAsync(new byte[1]).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Ours.SendAsync(new byte[1]).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => pair.Ours.ShutdownSend());
    });

    [Fact]
    public async Task A_connection_is_used_on_its_shard_only()
    {
        UnixConnection connection = null!;
        await OnShard(() =>
        {
            connection = UnixConnection.CreatePair().First;
            return Task.CompletedTask;
        });

        Assert.Throws<InvalidOperationException>(() => { _ = connection.ReceiveAsync(new byte[1]).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => _ = connection.PeerCredentials);
        Assert.Throws<InvalidOperationException>(connection.Close);
        Assert.Throws<InvalidOperationException>(() => UnixConnection.CreatePair());
    }

    private static async Task<List<Task>> BringAsync(UnixPair pair, At state)
    {
        List<Task> pending = [];
        if (state is At.WriteArmed or At.BothArmed)
        {
            pending.Add(pair.Ours.SendAsync(new byte[1_000_000]).AsTask());
        }

        if (state is At.ReadQueued or At.ReadArmed or At.BothArmed)
        {
            pending.Add(pair.Ours.ReceiveAsync(new byte[16]).AsTask());
        }

        if (state == At.AbandonedReadArmed)
        {
            using var cancellation = new CancellationTokenSource();
            Task<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token).AsTask();
            await NextTurn();
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
        }

        if (state == At.SendShutDown)
        {
            pair.Ours.ShutdownSend();
        }

        if (state == At.PeerFinSeen)
        {
            pair.Peer.ShutdownSend();
            Assert.Equal(0, await pair.Ours.ReceiveAsync(new byte[16]));
        }

        if (state != At.ReadQueued)
        {
            await NextTurn();
        }

        Assert.All(pending, operation => Assert.False(operation.IsCompleted));
        return pending;
    }
}
