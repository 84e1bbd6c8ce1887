using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpBatchTests : ShardTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public Task A_batch_takes_what_is_there_with_content_and_addresses(int count) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Any, 0));
        Socket[] peers = [.. Enumerable.Range(0, count).Select(_ => UdpPeers.Bind())];
        var batch = new UdpBatch(8, 100);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < count; i++)
            {
                peers[i].SendTo(Payload.Random(i * 10, seed: i), ours.LocalEndPoint.At($"127.0.0.{i + 1}"));
            }

            Assert.Equal(count, await ours.ReceiveBatchAsync(batch));
            Assert.Equal(count, batch.Count);
            for (int i = 0; i < count; i++)
            {
                UdpDatagram datagram = batch[i];
                Assert.Equal(Payload.Random(i * 10, seed: i), datagram.Content.ToArray());
                Assert.Equal(peers[i].Address(), datagram.Peer.ToIPEndPoint());
                Assert.Equal(ours.LocalEndPoint.At($"127.0.0.{i + 1}"), datagram.Local.ToIPEndPoint());
                Assert.Equal(SocketError.Success, datagram.Error);
                UdpReceived received = datagram.Received;
                Assert.Equal((i * 10, i * 10, false, 1), (received.Length, received.DatagramLength, received.IsTruncated, received.InterfaceIndex));
                Assert.Equal(datagram.Peer, received.From);
                Assert.Equal(datagram.Local, received.Local);
                Assert.Equal(datagram.Local, received.To);
            }
        }

        Array.ForEach(peers, peer => peer.Dispose());
    });

    [Fact]
    public Task More_datagrams_than_fit_come_in_further_batches() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        var batch = new UdpBatch(4, 10);
        for (int i = 0; i < 10; i++)
        {
            peer.SendTo([(byte)i], ours.LocalEndPoint);
        }

        List<int> sizes = [];
        List<byte> bytes = [];
        while (bytes.Count < 10)
        {
            sizes.Add(await ours.ReceiveBatchAsync(batch));
            for (int i = 0; i < batch.Count; i++)
            {
                bytes.Add(batch[i].Content.Span[0]);
            }
        }

        Assert.Equal([4, 4, 2], sizes);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], bytes);
    });

    [Fact]
    public Task A_batch_that_waits_ends_with_the_first_datagram() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        var batch = new UdpBatch(4, 10);
        for (int i = 0; i < 5; i++)
        {
            ValueTask<int> receiving = ours.ReceiveBatchAsync(batch);
            await NextTurn();
            Assert.False(receiving.IsCompleted);
            peer.SendTo([(byte)i], ours.LocalEndPoint);
            Assert.Equal(1, await receiving);
            Assert.Equal((byte)i, batch[0].Content.Span[0]);
        }
    });

    [Fact]
    public Task Truncated_and_empty_datagrams_of_a_batch_are_told() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        var batch = new UdpBatch(4, 10);
        int[] lengths = [25, 0, 10, 11];
        foreach (int length in lengths)
        {
            peer.SendTo(new byte[length], ours.LocalEndPoint);
        }

        Assert.Equal(4, await ours.ReceiveBatchAsync(batch));
        Assert.Equal(lengths, Enumerable.Range(0, 4).Select(i => batch[i].Received.DatagramLength));
        Assert.Equal([10, 0, 10, 10], Enumerable.Range(0, 4).Select(i => batch[i].Length));
        Assert.Equal([true, false, false, true], Enumerable.Range(0, 4).Select(i => batch[i].Received.IsTruncated));
    });

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.2")]
    [InlineData("::", "127.0.0.2")]
    [InlineData("::", "::1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    public Task A_batch_that_was_received_goes_back_as_it_is_from_where_it_was_sent_to(string bound, string asked) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.Parse(bound), 0));
        IPAddress host = IPAddress.Parse(asked).AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using Socket one = UdpPeers.Bind(host);
        using Socket two = UdpPeers.Bind(host);
        var batch = new UdpBatch(4, 10);
        IPEndPoint target = ours.LocalEndPoint.At(asked);
        for (int round = 0; round < 2; round++)
        {
            one.SendTo("one"u8, target);
            two.SendTo("second"u8, target);
            Assert.Equal(2, await ours.ReceiveBatchAsync(batch));
            batch[0].Buffer.Span[0] = (byte)'O';

            Assert.Equal(2, await ours.SendBatchAsync(batch));

            (byte[] bytes, IPEndPoint from) = await one.ReceiveOneAsync();
            Assert.Equal("One"u8.ToArray(), bytes);
            Assert.Equal(target, from);
            (bytes, from) = await two.ReceiveOneAsync();
            Assert.Equal("second"u8.ToArray(), bytes);
            Assert.Equal(target, from);
        }
    });

    [Fact]
    public Task A_batch_is_sent_in_order_with_the_addresses_of_each() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        using Socket one = UdpPeers.Bind();
        using Socket two = UdpPeers.Bind(IPAddress.IPv6Loopback);
        var batch = new UdpBatch(8, 10);
        Assert.True(batch.TryAdd("a"u8, one.Address(), new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0)));
        Assert.True(batch.TryAdd(default, two.Address()));
        UdpDatagram third = batch.Add();
        "third"u8.CopyTo(third.Buffer.Span);
        third.Length = 5;
        third.Peer = one.Address();

        Assert.Equal(3, await ours.SendBatchAsync(batch));

        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(SocketError.Success, batch[i].Error));
        (byte[] bytes, IPEndPoint from) = await one.ReceiveOneAsync();
        Assert.Equal("a"u8.ToArray(), bytes);
        Assert.Equal(ours.LocalEndPoint.At("127.0.0.3"), from);
        (bytes, from) = await one.ReceiveOneAsync();
        Assert.Equal("third"u8.ToArray(), bytes);
        Assert.Equal(ours.LocalEndPoint.At("127.0.0.1"), from);
        Assert.Empty((await two.ReceiveOneAsync()).Bytes);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task Datagrams_that_cannot_be_sent_are_told_and_the_others_go_on(int failing) => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        var batch = new UdpBatch(8, 65_535);
        for (int i = 0; i < 4; i++)
        {
            batch.TryAdd(new byte[i == failing ? 65_535 : i + 1], peer.Address());
        }

        // No address, and one of the other family.
        batch.TryAdd(new byte[1]);
        batch.TryAdd(new byte[1], new IPEndPoint(IPAddress.IPv6Loopback, 1));

        Assert.Equal(3, await ours.SendBatchAsync(batch));

        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(i == failing ? SocketError.MessageSize : SocketError.Success, batch[i].Error);
            if (i != failing)
            {
                Assert.Equal(i + 1, (await peer.ReceiveOneAsync()).Bytes.Length);
            }
        }

        Assert.Equal(SocketError.DestinationAddressRequired, batch[4].Error);
        Assert.Equal(SocketError.AddressFamilyNotSupported, batch[5].Error);
        Assert.Equal(0, peer.Available);
    });

    [Fact]
    public Task A_batch_without_addresses_goes_to_the_connected_peer() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Connect(peer.Address());
        var batch = new UdpBatch(4, 10);
        batch.TryAdd("x"u8);
        batch.TryAdd("yz"u8);
        Assert.Equal(2, await ours.SendBatchAsync(batch));
        Assert.Equal("x"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);
        Assert.Equal("yz"u8.ToArray(), (await peer.ReceiveOneAsync()).Bytes);

        peer.SendTo("back"u8, ours.LocalEndPoint);
        Assert.Equal(1, await ours.ReceiveBatchAsync(batch));
        Assert.Equal(peer.Address(), batch[0].Peer.ToIPEndPoint());
        Assert.Equal(ours.LocalEndPoint, batch[0].Local.ToIPEndPoint());
    });

    [Fact]
    public Task An_empty_batch_sends_nothing() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        long calls = Shard.GetStatistics().SystemCalls;
        Assert.Equal(0, await ours.SendBatchAsync(new UdpBatch(4, 10)));
    });

    [Fact]
    public void A_batch_says_what_it_cannot_do()
    {
        var batch = new UdpBatch(2, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[0]);
        Assert.Throws<ArgumentException>(() => batch.TryAdd(new byte[11]));
        UdpDatagram first = batch.Add();
        Assert.Throws<ArgumentOutOfRangeException>(() => first.Length = 11);
        Assert.Throws<ArgumentOutOfRangeException>(() => first.Length = -1);
        Assert.True(batch.TryAdd("x"u8));
        Assert.False(batch.TryAdd("y"u8));
        Assert.Throws<InvalidOperationException>(() => batch.Add());
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[2]);
        batch.Clear();
        Assert.Equal(0, batch.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new UdpBatch(0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UdpBatch(1_025, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UdpBatch(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UdpBatch(1, 65_536));
        Assert.Equal((1_024, 1), (new UdpBatch(1_024, 1).Capacity, new UdpBatch(1_024, 1).DatagramSize));
    }

    [Fact]
    public Task What_is_added_after_a_receive_keeps_nothing_of_what_was_received() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using Socket peer = UdpPeers.Bind();
        peer.SendTo("old"u8, ours.LocalEndPoint);
        var batch = new UdpBatch(2, 10);
        await ours.ReceiveBatchAsync(batch);
        batch.Clear();

        UdpDatagram fresh = batch.Add();

        Assert.Equal(0, fresh.Length);
        Assert.False(fresh.Peer.IsKnown);
        Assert.False(fresh.Local.IsKnown);
        UdpAddress local = new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0);
        fresh.Local = local;
        Assert.Equal(local.ToIPEndPoint()!.Address, fresh.Local.ToIPEndPoint()!.Address);
        fresh.Local = default;
        Assert.False(fresh.Local.IsKnown);
    });
}
