using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

/// <summary>What connections leave in the counters of their shard.</summary>
public sealed class StatisticsTests : ShardTest
{
    protected override int ShardCount => 2;

    [Fact]
    public Task Accepted_and_connected_connections_are_counted_until_they_are_closed() => OnShard(async () =>
    {
        using Pair accepted = await Pair.AcceptAsync();
        using Pair connected = await Pair.ConnectAsync();
        Assert.Equal((2, 2), (Now.Connections, Now.ConnectionsOpened));
        Assert.Equal((0, 0), (Host.Shards[1].GetStatistics().Connections, Host.Shards[1].GetStatistics().ConnectionsOpened));

        accepted.Ours.Close();
        accepted.Ours.Abort();
        Assert.Equal((1, 2), (Now.Connections, Now.ConnectionsOpened));
        connected.Ours.Abort();
        Assert.Equal((0, 2), (Now.Connections, Now.ConnectionsOpened));
    });

    [Fact]
    public Task A_connect_that_fails_opens_no_connection() => OnShard(async () =>
    {
        using Socket unheard = Peers.Create(Peers.AnyLoopbackPort);
        unheard.Bind(Peers.AnyLoopbackPort);
        await Assert.ThrowsAsync<SocketException>(async () => await TcpConnector.ConnectAsync((System.Net.IPEndPoint)unheard.LocalEndPoint!));
        Assert.Equal((0, 0), (Now.Connections, Now.ConnectionsOpened));
    });

    [Fact]
    public async Task A_stopping_host_closes_the_connections_that_it_counted()
    {
        Socket? peer = null;
        await OnShard(async () => peer = (await Pair.AcceptAsync()).Peer);
        Assert.Equal(1, Now.Connections);
        await Host.StopAsync();
        Assert.Equal((0, 1), (Now.Connections, Now.ConnectionsOpened));
        peer!.Dispose();
    }

    [Fact]
    public Task Bytes_are_counted_each_way() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync(Payload.Random(1_000));
        byte[] buffer = new byte[300];
        for (int left = 1_000; left > 0;)
        {
            left -= await pair.Ours.ReceiveAsync(buffer);
        }

        await pair.Ours.SendAsync(Payload.Random(70));
        await pair.Ours.SendAsync([Payload.Random(20), Payload.Random(3)]);
        await pair.Peer.ReceiveExactlyAsync(93);
        pair.Peer.ShutdownSend();
        Assert.Equal(0, await pair.Ours.ReceiveAsync(buffer));

        Assert.Equal((1_000, 93), (Now.BytesReceived, Now.BytesSent));
    });

    [Fact]
    public Task Bytes_of_sends_that_had_to_wait_are_counted_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] payload = Payload.Random(200_000);
        ValueTask one = pair.Ours.SendAsync(payload);
        Assert.False(one.IsCompleted);
        await pair.Peer.ReceiveExactlyAsync(payload.Length);
        await one;
        ValueTask gathered = pair.Ours.SendAsync([payload, payload]);
        Assert.False(gathered.IsCompleted);
        await pair.Peer.ReceiveExactlyAsync(2 * payload.Length);
        await gathered;

        Assert.Equal(3 * payload.Length, Now.BytesSent);
    });

    private ShardStatistics Now => Shard.GetStatistics();
}
