using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

public sealed class UdpMisuseTests : ShardTest
{
    protected override int ShardCount => 2;

    [Fact]
    public Task A_second_receive_of_any_kind_is_refused_at_once() => OnShard(async () =>
    {
        using Socket peer = UdpPeers.Bind();
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        var batch = new UdpBatch(2, 10);
        Func<Task>[] starts =
        [
            () => ours.ReceiveAsync(new byte[10]).AsTask(),
            () => ours.ReceiveBatchAsync(batch).AsTask(),
            () => ours.WaitToReceiveAsync().AsTask(),
        ];
        foreach (Func<Task> start in starts)
        {
            Task pending = start();
            foreach (Func<Task> second in starts)
            {
                InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => { _ = second(); });
                Assert.Contains("one receive at a time", exception.Message, StringComparison.Ordinal);
            }

            Assert.Throws<InvalidOperationException>(() => ours.TryReceive(new byte[10], out _));
            Assert.False(pending.IsCompleted);
            peer.SendTo(new byte[1], ours.LocalEndPoint);
            await pending;
            ours.TryReceive(new byte[10], out _);
        }
    });

    [Fact]
    public Task A_batch_that_a_receive_waits_with_is_nobody_elses() => OnShard(async () =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
        using UdpSocket other = UdpSocket.Connect(ours.LocalEndPoint);
        var batch = new UdpBatch(2, 10);
        ValueTask<int> receiving = ours.ReceiveBatchAsync(batch);
        Assert.Throws<InvalidOperationException>(() => { _ = other.ReceiveBatchAsync(batch).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = other.SendBatchAsync(batch).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => batch.Add());
        Assert.Throws<InvalidOperationException>(() => batch.TryAdd("x"u8));
        Assert.Throws<InvalidOperationException>(batch.Clear);
        await other.SendAsync(new byte[3]);
        Assert.Equal(1, await receiving);
        Assert.Equal(1, await other.SendBatchAsync(batch));
    });

    [Fact]
    public async Task Used_from_elsewhere_it_names_both_shards()
    {
        UdpSocket ours = null!;
        await OnShard(() =>
        {
            ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort);
            return Task.CompletedTask;
        });
        var batch = new UdpBatch(1, 1);
        Action[] doors =
        [
            () => _ = ours.ReceiveAsync(new byte[1]).AsTask(),
            () => _ = ours.ReceiveBatchAsync(batch).AsTask(),
            () => _ = ours.WaitToReceiveAsync().AsTask(),
            () => _ = ours.WaitToSendAsync().AsTask(),
            () => _ = ours.SendAsync(new byte[1]).AsTask(),
            () => _ = ours.SendToAsync(new byte[1], ours.LocalEndPoint).AsTask(),
            () => _ = ours.SendToAsync(new byte[1], ours.LocalEndPoint, ours.LocalEndPoint).AsTask(),
            () => _ = ours.SendBatchAsync(batch).AsTask(),
            () => ours.TryReceive(new byte[1], out _),
            () => ours.TrySend(new byte[1]),
            () => ours.TrySendTo(new byte[1], ours.LocalEndPoint),
            () => _ = ours.ReceiveBufferSize,
            () => ours.SendBufferSize = 1,
            () => ours.MulticastLoopback = true,
            () => ours.JoinGroup(IPAddress.Parse("239.1.1.1")),
            () => ours.SetMulticastInterface(1),
            ours.Dispose,
        ];
        foreach (Action door in doors)
        {
            Assert.Throws<InvalidOperationException>(door);
            await Host.Shards[1].InvokeAsync(() =>
            {
                InvalidOperationException exception = Assert.Throws<InvalidOperationException>(door);
                Assert.Contains("shard 0", exception.Message, StringComparison.Ordinal);
                Assert.Contains("shard 1", exception.Message, StringComparison.Ordinal);
            });
        }

        await Shard.InvokeAsync(ours.Dispose);
    }

    [Fact]
    public void Outside_a_shard_there_is_nobody_whose_socket_it_could_be()
    {
        Assert.Throws<InvalidOperationException>(() => UdpSocket.Bind(UdpPeers.AnyLoopbackPort));
        Assert.Throws<InvalidOperationException>(() => UdpSocket.Connect(new IPEndPoint(IPAddress.Loopback, 1)));
        Assert.Throws<ArgumentNullException>(() => UdpSocket.Bind(null!));
        Assert.Throws<ArgumentNullException>(() => UdpSocket.Connect(null!));
        Assert.Throws<ArgumentNullException>(() => new UdpAddress(null!));
    }

    [Fact]
    public Task Options_are_set_and_read_back() => OnShard(() =>
    {
        using UdpSocket ours = UdpSocket.Bind(UdpPeers.AnyLoopbackPort, new UdpOptions { ReceiveBufferSize = 50_000, SendBufferSize = 60_000 });
        Assert.Equal(100_000, ours.ReceiveBufferSize);
        Assert.Equal(120_000, ours.SendBufferSize);
        ours.ReceiveBufferSize = 70_000;
        ours.SendBufferSize = 80_000;
        Assert.Equal(140_000, ours.ReceiveBufferSize);
        Assert.Equal(160_000, ours.SendBufferSize);
        return Task.CompletedTask;
    });
}
