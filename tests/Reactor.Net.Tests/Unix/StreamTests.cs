using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class StreamTests : ShardTest
{
    [Fact]
    public Task Bytes_go_both_ways_over_a_path() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using UnixPair accepted = await UnixPair.AcceptAsync(directory.EndPoint("accept"));
        await AssertExchangesAsync(accepted);
        using UnixPair connected = await UnixPair.ConnectAsync(directory.EndPoint("connect"));
        await AssertExchangesAsync(connected);
    });

    [Fact]
    public Task Bytes_go_both_ways_over_an_abstract_name() => OnShard(async () =>
    {
        using UnixPair accepted = await UnixPair.AcceptAsync();
        await AssertExchangesAsync(accepted);
        using UnixPair connected = await UnixPair.ConnectAsync();
        await AssertExchangesAsync(connected);
    });

    [Fact]
    public Task Bytes_go_both_ways_over_a_pair() => OnShard(async () =>
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        byte[] buffer = new byte[16];

        await first.SendAsync("there"u8.ToArray());
        Assert.Equal("there"u8.ToArray(), buffer[..await second.ReceiveAsync(buffer)]);
        await second.SendAsync("back"u8.ToArray());
        Assert.Equal("back"u8.ToArray(), buffer[..await first.ReceiveAsync(buffer)]);

        first.Close();
        Assert.Equal(0, await second.ReceiveAsync(buffer));
        second.Close();
    });

    [Fact]
    public Task A_pair_has_no_names_and_knows_its_maker() => OnShard(() =>
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(new UnixConnectionOptions { SendBufferSize = 10_000 });
        using (first)
        using (second)
        {
            Assert.Null(first.LocalEndPoint);
            Assert.Null(first.RemoteEndPoint);
            Assert.Equal(Environment.ProcessId, second.PeerCredentials.ProcessId);
            Assert.Equal(20_000, first.SendBufferSize);
            Assert.Equal(20_000, second.SendBufferSize);
            Assert.Equal("Unix connection of a pair", first.ToString());
        }

        return Task.CompletedTask;
    });

    [Fact]
    public Task An_accepted_connection_has_the_listeners_name_and_mostly_no_peers() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using UnixPair pair = await UnixPair.AcceptAsync(directory.EndPoint());

        Assert.Equal(directory.EndPoint(), pair.Ours.LocalEndPoint);
        Assert.Null(pair.Ours.RemoteEndPoint);
        Assert.Equal($"Unix connection accepted on {directory["s"]}", pair.Ours.ToString());
    });

    [Fact]
    public Task A_peer_that_has_bound_itself_is_known_by_name() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using UnixConnectionListener listener = UnixConnectionListener.Listen(directory.EndPoint());
        using Socket peer = UnixPeers.CreateStream();
        peer.Bind(directory.EndPoint("peer"));
        peer.Connect(listener.LocalEndPoint);

        using UnixConnection connection = await listener.AcceptAsync();

        Assert.Equal(directory.EndPoint("peer"), connection.RemoteEndPoint);
    });

    [Fact]
    public Task A_connection_knows_whom_it_was_connected_to_even_when_closed() => OnShard(async () =>
    {
        UnixDomainSocketEndPoint name = UnixPeers.AnyAbstractName();
        using UnixPair pair = await UnixPair.ConnectAsync(name);
        pair.Ours.Close();

        Assert.Equal(name, pair.Ours.RemoteEndPoint);
        Assert.Null(pair.Ours.LocalEndPoint);
        Assert.Equal($"Unix connection with {name}", pair.Ours.ToString());
    });

    [Fact]
    public Task The_kernel_tells_who_the_peer_is() => OnShard(async () =>
    {
        using UnixPair accepted = await UnixPair.AcceptAsync();
        using UnixPair connected = await UnixPair.ConnectAsync();
        string[] status = File.ReadAllLines("/proc/self/status");

        // Real, effective, saved and file system's.
        uint user = uint.Parse(status.Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2]);
        uint group = uint.Parse(status.Single(line => line.StartsWith("Gid:", StringComparison.Ordinal)).Split('\t')[2]);

        Assert.Equal(new UnixCredentials(Environment.ProcessId, user, group), accepted.Ours.PeerCredentials);
        Assert.Equal(new UnixCredentials(Environment.ProcessId, user, group), connected.Ours.PeerCredentials);
        accepted.Ours.Close();
        Assert.Throws<ObjectDisposedException>(() => accepted.Ours.PeerCredentials);
    });

    [Fact]
    public Task The_end_of_one_direction_leaves_the_other_open() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        pair.Peer.ShutdownSend();
        byte[] buffer = new byte[16];

        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));
        await pair.Ours.SendAsync("answer"u8.ToArray());
        Assert.Equal("answer"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(6));

        pair.Ours.ShutdownSend();
        await pair.Peer.AssertSeesFinAsync();
        Assert.False(pair.Ours.IsClosed);
    });

    [Fact]
    public Task What_is_received_after_our_own_shutdown_still_comes_in() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.ConnectAsync();
        pair.Ours.ShutdownSend();
        await pair.Peer.AssertSeesFinAsync();

        await pair.Peer.SendAllAsync("late"u8.ToArray());

        byte[] buffer = new byte[16];
        Assert.Equal("late"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.SendAsync(buffer));
        Assert.Equal(SocketError.Shutdown, exception.SocketErrorCode);
    });

    [Fact]
    public Task A_send_to_a_peer_that_has_gone_fails_and_raises_no_signal() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptAsync();
        pair.Peer.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Ours.SendAsync(new byte[1]));

        Assert.Equal(SocketError.Shutdown, exception.SocketErrorCode);
    });

    [Fact]
    public Task A_send_that_is_pending_ends_when_the_peer_goes() => OnShard(async () =>
    {
        using UnixPair pair = await UnixPair.AcceptNarrowAsync();
        Task sending = pair.Ours.SendAsync(new byte[1_000_000]).AsTask();
        await NextTurn();
        Assert.False(sending.IsCompleted);

        pair.Peer.Dispose();

        // What the peer has not received makes it a reset.
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => sending);
        Assert.True(exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown, exception.Message);
    });

    [Fact]
    public Task Gathered_sends_and_scattered_receives_carry_all_bytes() => OnShard(async () =>
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using (first)
        using (second)
        {
            byte[] sent = Payload.Random(100_000);
            Task sending = first.SendAsync([sent.AsMemory(0, 10), default, sent.AsMemory(10, 60_000), sent.AsMemory(60_010)]).AsTask();
            byte[] received = new byte[sent.Length];
            for (int i = 0; i < received.Length;)
            {
                i += await second.ReceiveAsync([received.AsMemory(i, Math.Min(1_000, received.Length - i)), received.AsMemory(Math.Min(i + 1_000, received.Length))]);
            }

            await sending;
            Assert.Equal(sent, received);
        }
    });

    private static async Task AssertExchangesAsync(UnixPair pair)
    {
        byte[] buffer = new byte[16];
        await pair.Peer.SendAllAsync("in"u8.ToArray());
        Assert.Equal("in"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
        await pair.Ours.SendAsync("out"u8.ToArray());
        Assert.Equal("out"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(3));
    }
}
