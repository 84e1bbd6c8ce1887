using System.Net.Sockets;

namespace Reactor.Net.Tests.Unix;

public sealed class DatagramTests : ShardTest
{
    [Fact]
    public Task Datagrams_come_with_their_senders_and_are_answered() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using UnixDatagramSocket server = UnixDatagramSocket.Bind(directory.EndPoint("server"));
        using Socket byPath = UnixPeers.BindDatagram(directory.EndPoint("client"));
        using Socket byName = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        foreach (Socket client in new[] { byPath, byName, byPath })
        {
            client.SendTo("question"u8, server.LocalEndPoint!);
            byte[] buffer = new byte[100];

            UnixReceived received = await server.ReceiveAsync(buffer);

            Assert.Equal("question"u8.ToArray(), buffer[..received.Length]);
            Assert.Equal((8, 8, false), (received.Length, received.DatagramLength, received.IsTruncated));
            Assert.Equal(client.LocalEndPoint, received.From);
            await server.SendToAsync("answer"u8.ToArray(), received.From!);
            Assert.Equal("answer"u8.ToArray(), await client.ReceiveExactlyAsync(6));
        }
    });

    [Fact]
    public Task A_sender_without_a_name_has_none() => OnShard(async () =>
    {
        using UnixDatagramSocket server = UnixDatagramSocket.Bind(UnixPeers.AnyAbstractName());
        using UnixDatagramSocket client = UnixDatagramSocket.Create();
        Assert.Null(client.LocalEndPoint);
        await client.SendToAsync("x"u8.ToArray(), server.LocalEndPoint!);

        Assert.Null((await server.ReceiveAsync(new byte[10])).From);
    });

    [Fact]
    public Task The_kernel_chooses_a_name_for_who_asks_for_any() => OnShard(async () =>
    {
        using UnixDatagramSocket first = UnixDatagramSocket.Bind();
        using UnixDatagramSocket second = UnixDatagramSocket.Bind();
        Assert.StartsWith("@", first.LocalEndPoint!.ToString());
        Assert.NotEqual(first.LocalEndPoint, second.LocalEndPoint);

        await first.SendToAsync("x"u8.ToArray(), second.LocalEndPoint!);

        Assert.Equal(first.LocalEndPoint, (await second.ReceiveAsync(new byte[10])).From);
    });

    [Fact]
    public Task What_does_not_fit_is_lost_and_told() => OnShard(async () =>
    {
        (UnixDatagramSocket first, UnixDatagramSocket second) = UnixDatagramSocket.CreatePair();
        using (first)
        using (second)
        {
            await first.SendAsync(new byte[1_000]);
            await first.SendAsync("next"u8.ToArray());
            byte[] buffer = new byte[100];

            UnixReceived received = await second.ReceiveAsync(buffer);
            Assert.Equal((100, 1_000, true), (received.Length, received.DatagramLength, received.IsTruncated));
            Assert.Equal(4, (await second.ReceiveAsync(buffer)).Length);
        }
    });

    [Fact]
    public Task An_empty_datagram_is_a_datagram() => OnShard(async () =>
    {
        (UnixDatagramSocket first, UnixDatagramSocket second) = UnixDatagramSocket.CreatePair();
        using (first)
        using (second)
        {
            await first.SendAsync(default);
            await first.SendAsync("x"u8.ToArray());

            Assert.Equal(0, (await second.ReceiveAsync(new byte[10])).DatagramLength);
            Assert.Equal(1, (await second.ReceiveAsync(new byte[10])).DatagramLength);
        }
    });

    [Fact]
    public Task A_receive_waits_for_a_datagram() => OnShard(async () =>
    {
        using UnixDatagramSocket socket = UnixDatagramSocket.Bind();
        Task<UnixReceived> receiving = socket.ReceiveAsync(new byte[10]).AsTask();
        await NextTurn();
        Assert.False(receiving.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => { _ = socket.ReceiveAsync(new byte[10]).AsTask(); });

        using Socket peer = UnixPeers.CreateDatagram();
        peer.SendTo("x"u8, socket.LocalEndPoint!);

        Assert.Equal(1, (await receiving).Length);
    });

    [Fact]
    public Task Waiting_without_a_buffer_leaves_the_datagram_where_it_is() => OnShard(async () =>
    {
        using UnixDatagramSocket socket = UnixDatagramSocket.Bind();
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[10], out _));
        Task waiting = socket.WaitToReceiveAsync().AsTask();
        await NextTurn();
        Assert.False(waiting.IsCompleted);
        using UnixDatagramSocket peer = UnixDatagramSocket.Create();
        Assert.Equal(SocketError.Success, peer.TrySendTo("x"u8, socket.LocalEndPoint!));

        await waiting;

        Assert.Equal(SocketError.Success, socket.TryReceive(new byte[10], out UnixReceived received));
        Assert.Equal(1, received.Length);
    });

    [Fact]
    public Task A_cancelled_receive_leaves_what_comes_to_the_next() => OnShard(async () =>
    {
        using UnixDatagramSocket socket = UnixDatagramSocket.Bind();
        using var cancellation = new CancellationTokenSource();
        Task<UnixReceived> receiving = socket.ReceiveAsync(new byte[10], cancellation.Token).AsTask();
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
        using UnixDatagramSocket peer = UnixDatagramSocket.Create();

        await peer.SendToAsync("x"u8.ToArray(), socket.LocalEndPoint!);

        Assert.Equal(1, (await socket.ReceiveAsync(new byte[10])).Length);
    });

    /// <summary>The kernel tells a connected sender when there is room, and an unconnected one never.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_send_to_a_full_queue_waits_until_there_is_room(bool isConnected) => OnShard(async () =>
    {
        using Socket receiver = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using UnixDatagramSocket sender = UnixDatagramSocket.Create();
        var target = (UnixDomainSocketEndPoint)receiver.LocalEndPoint!;
        int sent = Fill(sender, target, isConnected);
        Task sending = SendAsync(sender, target, isConnected, [(byte)sent, 1]);
        await NextTurn();
        await NextTurn();
        Assert.False(sending.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => sender.TrySendTo([1], target));

        for (int i = 0; i <= sent; i++)
        {
            Assert.Equal((byte)i, (await receiver.ReceiveExactlyAsync(i < sent ? 1 : 2))[0]);
        }

        await sending.WaitAsync(Eventually.Promptly);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_send_that_waits_for_room_ends_when_its_token_fires_and_has_not_sent(bool isConnected) => OnShard(async () =>
    {
        using Socket receiver = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using UnixDatagramSocket sender = UnixDatagramSocket.Create();
        var target = (UnixDomainSocketEndPoint)receiver.LocalEndPoint!;
        int sent = Fill(sender, target, isConnected);
        using var cancellation = new CancellationTokenSource();
        Task sending = SendAsync(sender, target, isConnected, [1, 2], cancellation.Token);
        await NextTurn();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await receiver.ReceiveExactlyAsync(1);
        await SendAsync(sender, target, isConnected, [77]);
        for (int i = 1; i <= sent; i++)
        {
            Assert.Equal(i < sent ? (byte)i : 77, (await receiver.ReceiveExactlyAsync(1))[0]);
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_send_that_waits_for_room_ends_when_the_receiver_goes(bool isConnected) => OnShard(async () =>
    {
        Socket receiver = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using UnixDatagramSocket sender = UnixDatagramSocket.Create();
        var target = (UnixDomainSocketEndPoint)receiver.LocalEndPoint!;
        Fill(sender, target, isConnected);
        Task sending = SendAsync(sender, target, isConnected, [1]);
        await NextTurn();

        receiver.Dispose();

        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => sending.WaitAsync(Eventually.Promptly));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Disposing_ends_what_is_pending(bool isConnected) => OnShard(async () =>
    {
        using Socket receiver = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        UnixDatagramSocket sender = UnixDatagramSocket.Bind();
        var target = (UnixDomainSocketEndPoint)receiver.LocalEndPoint!;
        Fill(sender, target, isConnected);
        Task sending = SendAsync(sender, target, isConnected, [1]);
        Task receiving = sender.ReceiveAsync(new byte[10]).AsTask();
        await NextTurn();

        sender.Dispose();
        sender.Dispose();

        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => sending)).SocketErrorCode);
        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => receiving)).SocketErrorCode);
        Assert.Throws<ObjectDisposedException>(() => { _ = sender.ReceiveAsync(new byte[1]).AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = sender.SendAsync(new byte[1]).AsTask(); });
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "nothing is left on the shard");
    });

    [Fact]
    public Task Sends_that_fail_say_why_and_leave_the_socket_good() => OnShard(async () =>
    {
        using var directory = new TemporaryDirectory();
        using UnixDatagramSocket sender = UnixDatagramSocket.Bind();
        UnixPeers.LeaveStaleFile(directory["stale"], SocketType.Dgram);
        using Socket stream = UnixPeers.Listen(directory.EndPoint("stream"));
        using Socket taken = UnixPeers.BindDatagram(directory.EndPoint("taken"));
        using Socket other = UnixPeers.BindDatagram(directory.EndPoint("other"));
        taken.Connect(directory.EndPoint("other"));

        await AssertFailsAsync(SocketError.AddressNotAvailable, "absent", 1);
        await AssertFailsAsync(SocketError.ConnectionRefused, "stale", 1);
        await AssertFailsAsync(SocketError.ProtocolType, "stream", 1);
        await AssertFailsAsync(SocketError.AccessDenied, "taken", 1);
        await AssertFailsAsync(SocketError.MessageSize, "other", 10_000_000);

        await sender.SendToAsync("on"u8.ToArray(), directory.EndPoint("other"));
        Assert.Equal("on"u8.ToArray(), await other.ReceiveExactlyAsync(2));

        async Task AssertFailsAsync(SocketError error, string target, int length)
        {
            SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await sender.SendToAsync(new byte[length], directory.EndPoint(target)));
            Assert.Equal(error, exception.SocketErrorCode);
            Assert.Contains(directory[target], exception.Message);
            Assert.Equal(error, sender.TrySendTo(new byte[length], directory.EndPoint(target)));
        }
    });

    [Fact]
    public Task A_connected_socket_receives_from_its_peer_only_and_can_connect_again() => OnShard(async () =>
    {
        using UnixDatagramSocket socket = UnixDatagramSocket.Bind();
        Socket first = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using Socket second = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        Assert.Equal(SocketError.NotConnected, (await Assert.ThrowsAsync<SocketException>(async () => await socket.SendAsync(new byte[1]))).SocketErrorCode);

        socket.Connect((UnixDomainSocketEndPoint)first.LocalEndPoint!);
        Assert.Equal(first.LocalEndPoint, socket.RemoteEndPoint);
        Assert.Equal(SocketError.AccessDenied, Assert.Throws<SocketException>(() => second.SendTo("x"u8, socket.LocalEndPoint!)).SocketErrorCode);
        await socket.SendAsync("1"u8.ToArray());
        await first.ReceiveExactlyAsync(1);
        first.Dispose();
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(async () => await socket.SendAsync(new byte[1]))).SocketErrorCode);
        Assert.Equal(SocketError.NotConnected, socket.TrySend("x"u8));

        socket.Connect((UnixDomainSocketEndPoint)second.LocalEndPoint!);
        await socket.SendAsync("2"u8.ToArray());
        Assert.Equal("2"u8.ToArray(), await second.ReceiveExactlyAsync(1));
        Assert.Throws<SocketException>(() => socket.Connect(UnixPeers.AnyAbstractName()));
    });

    [Fact]
    public Task That_the_peer_has_dropped_what_it_was_sent_to_connect_elsewhere_is_told_once() => OnShard(async () =>
    {
        using Socket peer = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using Socket elsewhere = UnixPeers.BindDatagram(UnixPeers.AnyAbstractName());
        using UnixDatagramSocket socket = UnixDatagramSocket.Bind();
        socket.Connect((UnixDomainSocketEndPoint)peer.LocalEndPoint!);
        peer.Connect(socket.LocalEndPoint!);
        await socket.SendAsync("lost"u8.ToArray());
        Task<UnixReceived> receiving = socket.ReceiveAsync(new byte[10]).AsTask();
        await NextTurn();

        peer.Connect(elsewhere.LocalEndPoint!);

        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => receiving)).SocketErrorCode);
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[10], out _));
    });

    [Fact]
    public Task Sending_and_receiving_allocates_nothing() => OnShard(async () =>
    {
        using UnixDatagramSocket first = UnixDatagramSocket.Bind();
        using UnixDatagramSocket second = UnixDatagramSocket.Bind();
        Task answering = AnswerAsync(second);
        byte[] buffer = new byte[100];
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 500)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            await first.SendToAsync(buffer, second.LocalEndPoint!);
            await first.ReceiveAsync(buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        second.Dispose();
        await Assert.ThrowsAsync<SocketException>(() => answering);

        static async Task AnswerAsync(UnixDatagramSocket socket)
        {
            byte[] buffer = new byte[100];
            while (true)
            {
                UnixReceived received = await socket.ReceiveAsync(buffer);
                await socket.SendToAsync(buffer.AsMemory(0, received.Length), received.From!);
            }
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_flood_arrives_whole_and_in_order(bool isConnected) => OnShard(async () =>
    {
        const int Count = 3_000;
        using UnixDatagramSocket receiver = UnixDatagramSocket.Bind();
        using UnixDatagramSocket sender = UnixDatagramSocket.Create();
        if (isConnected)
        {
            sender.Connect(receiver.LocalEndPoint!);
        }

        Task sending = SendAllAsync();
        byte[] buffer = new byte[sizeof(int)];
        for (int i = 0; i < Count; i++)
        {
            await receiver.ReceiveAsync(buffer);
            Assert.Equal(i, BitConverter.ToInt32(buffer));
        }

        await sending;

        async Task SendAllAsync()
        {
            for (int i = 0; i < Count; i++)
            {
                await SendAsync(sender, receiver.LocalEndPoint!, isConnected, BitConverter.GetBytes(i));
            }
        }
    });

    [Fact]
    public Task The_send_buffer_is_set_as_asked() => OnShard(() =>
    {
        using UnixDatagramSocket socket = UnixDatagramSocket.Create(new UnixDatagramOptions { SendBufferSize = 10_000 });
        Assert.Equal(20_000, socket.SendBufferSize);
        socket.SendBufferSize = 20_000;
        Assert.Equal(40_000, socket.SendBufferSize);
        return Task.CompletedTask;
    });

    private static Task SendAsync(UnixDatagramSocket socket, UnixDomainSocketEndPoint target, bool isConnected, byte[] datagram, CancellationToken token = default) =>
        isConnected ? socket.SendAsync(datagram, token).AsTask() : socket.SendToAsync(datagram, target, token).AsTask();

    /// <summary>Sends numbers until there is no room; how many have gone.</summary>
    private static int Fill(UnixDatagramSocket socket, UnixDomainSocketEndPoint target, bool isConnected)
    {
        if (isConnected)
        {
            socket.Connect(target);
        }

        for (int sent = 0; ; sent++)
        {
            SocketError result = isConnected ? socket.TrySend([(byte)sent]) : socket.TrySendTo([(byte)sent], target);
            if (result == SocketError.WouldBlock)
            {
                Assert.True(sent > 0);
                return sent;
            }

            Assert.Equal(SocketError.Success, result);
        }
    }
}
