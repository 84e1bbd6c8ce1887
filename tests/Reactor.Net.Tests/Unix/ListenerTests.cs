using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class ListenerTests : ShardTest
{
    [Fact]
    public Task Connections_are_handed_out_in_the_order_in_which_they_came() => OnShard(async () =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());
        Socket[] peers = [.. Enumerable.Range(0, 5).Select(_ => UnixPeers.Connect(listener.LocalEndPoint))];

        for (int i = 0; i < peers.Length; i++)
        {
            using UnixConnection connection = await listener.AcceptAsync();
            await connection.SendAsync(new[] { (byte)i });
            Assert.Equal([(byte)i], await peers[i].ReceiveExactlyAsync(1));
            peers[i].Dispose();
        }
    });

    [Fact]
    public Task An_accept_waits_for_a_connection() => OnShard(async () =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());
        Task<UnixConnection> accepting = listener.AcceptAsync().AsTask();
        await NextTurn();
        Assert.False(accepting.IsCompleted);

        using Socket peer = UnixPeers.Connect(listener.LocalEndPoint);

        using UnixConnection connection = await accepting;
        await peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await connection.ReceiveAsync(new byte[4]));
    });

    [Fact]
    public Task A_cancelled_accept_leaves_the_connection_to_the_next() => OnShard(async () =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());
        using var cancellation = new CancellationTokenSource();
        Task<UnixConnection> accepting = listener.AcceptAsync(cancellation.Token).AsTask();
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);

        using Socket peer = UnixPeers.Connect(listener.LocalEndPoint);

        using UnixConnection connection = await listener.AcceptAsync();
        Assert.False(connection.IsClosed);
    });

    [Fact]
    public Task Disposing_ends_a_pending_accept() => OnShard(async () =>
    {
        UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());
        Task<UnixConnection> accepting = listener.AcceptAsync().AsTask();
        await NextTurn();
        Assert.Throws<InvalidOperationException>(() => { _ = listener.AcceptAsync().AsTask(); });

        listener.Dispose();
        listener.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => accepting);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        Assert.Throws<ObjectDisposedException>(() => { _ = listener.AcceptAsync().AsTask(); });
        Assert.True(listener.IsClosed);
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "nothing is left on the shard");
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Disposing_resets_who_was_not_accepted_and_leaves_who_was(bool withArmedPoll) => OnShard(async () =>
    {
        UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());
        using Socket accepted = UnixPeers.Connect(listener.LocalEndPoint);
        using UnixConnection connection = await listener.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        if (withArmedPoll)
        {
            Task<UnixConnection> accepting = listener.AcceptAsync(cancellation.Token).AsTask();
            await NextTurn();
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
        }

        using Socket waiting = UnixPeers.Connect(listener.LocalEndPoint);
        listener.Dispose();

        await waiting.AssertSeesResetAsync();
        await connection.SendAsync("on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), await accepted.ReceiveExactlyAsync(2));
        Assert.Equal(SocketError.ConnectionRefused, Assert.ThrowsAny<SocketException>(() => UnixPeers.Connect(listener.LocalEndPoint)).SocketErrorCode);
    });

    [Fact]
    public Task An_abstract_name_that_is_taken_is_in_use() => OnShard(() =>
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(UnixPeers.AnyAbstractName());

        SocketException exception = Assert.Throws<SocketException>(() => UnixConnectionListener.Listen(listener.LocalEndPoint));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
        Assert.Contains($"listen on {listener.LocalEndPoint}", exception.Message);
        return Task.CompletedTask;
    });

    [Fact]
    public Task An_abstract_name_is_free_again_at_once() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        for (int i = 0; i < 20; i++)
        {
            using UnixConnectionListener listener = UnixConnectionListener.Listen(name);
            using Socket peer = UnixPeers.Connect(name);
            using UnixConnection connection = await listener.AcceptAsync();
        }
    });

    [Fact]
    public void A_path_that_is_too_long_is_refused_by_its_endpoint()
    {
        string path = "/tmp/" + new string('x', 103);

        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDomainSocketEndPoint(path));

        Assert.Contains(path, exception.Message);
    }

    [Fact]
    public Task The_longest_path_can_be_listened_on() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        string path = directory[new string('x', 107 - directory.Path.Length - 1)];
        Assert.Equal(107, path.Length);
        using UnixPair pair = await UnixPair.AcceptAsync(new UnixDomainSocketEndPoint(path));
        Assert.Equal(path, pair.Ours.LocalEndPoint!.ToString());
    });

    [Fact]
    public void It_takes_a_shard() =>
        Assert.Throws<InvalidOperationException>(() => UnixConnectionListener.Listen(UnixPeers.AnyAbstractName()));
}
