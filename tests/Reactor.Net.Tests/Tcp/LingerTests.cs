using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class LingerTests : ShardTest
{
    [Fact]
    public Task A_close_that_waits_ends_when_the_peer_has_finished() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Ours.SendAsync("last words"u8.ToArray());

        ValueTask<bool> closing = pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan);
        Assert.False(pair.Ours.IsClosed);
        Assert.Equal("last words"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());
        pair.Peer.ShutdownSend();

        Assert.True(await closing);
        Assert.True(pair.Ours.IsClosed);
    });

    [Fact]
    public Task What_the_peer_still_sends_does_not_cost_it_the_last_words() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] words = Payload.Random(1_000_000);
        Task sending = pair.Peer.SendAllAsync(Payload.Random(1_000_000, seed: 2));
        ValueTask saying = pair.Ours.SendAsync(words);
        Task<byte[]> hearing = pair.Peer.ReceiveToEndAsync();
        await saying;

        ValueTask<bool> closing = pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan);
        await sending;
        Assert.Equal(words, await hearing);
        pair.Peer.ShutdownSend();

        Assert.True(await closing);
    });

    [Fact]
    public Task When_the_time_is_over_it_is_a_close_like_any_other() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Ours.SendAsync("x"u8.ToArray());

        Assert.False(await pair.Ours.CloseAsync(TimeSpan.FromMilliseconds(20)));

        Assert.True(pair.Ours.IsClosed);
        Assert.Equal("x"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task When_the_token_fires_the_connection_is_reset() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var giveUp = new CancellationTokenSource();

        ValueTask<bool> closing = pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan, giveUp.Token);
        await pair.Peer.AssertSeesFinAsync();
        await giveUp.CancelAsync();

        OperationCanceledException end = await Assert.ThrowsAsync<OperationCanceledException>(() => closing.AsTask());
        Assert.Equal(giveUp.Token, end.CancellationToken);
        Assert.True(pair.Ours.IsClosed);
        await Eventually.IsTrueAsync(() => IsReset(pair.Peer), "the peer sees the reset");

        static bool IsReset(Socket peer)
        {
            try
            {
                peer.Send("x"u8);
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    });

    [Fact]
    public Task A_peer_that_resets_makes_it_false() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        ValueTask<bool> closing = pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan);
        pair.Peer.Reset();

        Assert.False(await closing);
        Assert.True(pair.Ours.IsClosed);
    });

    [Fact]
    public Task A_connection_that_the_peer_has_reset_before_is_closed() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Peer.Reset();
        await Assert.ThrowsAsync<SocketException>(() => pair.Ours.ReceiveAsync(new byte[1]).AsTask());

        Assert.False(await pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan));
        Assert.True(pair.Ours.IsClosed);
    });

    [Fact]
    public Task It_is_refused_while_a_receive_is_pending_and_changes_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[1]);

        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Ours.CloseAsync(TimeSpan.Zero).AsTask());

        Assert.False(pair.Ours.IsClosed);
        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await receiving);
    });

    [Fact]
    public Task Closing_it_meanwhile_ends_the_wait() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        ValueTask<bool> closing = pair.Ours.CloseAsync(Timeout.InfiniteTimeSpan);
        pair.Ours.Abort();

        Assert.False(await closing);
    });
}
