using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Tcp;

public sealed class MisuseTests : ShardTest
{
    [Fact]
    public Task A_second_receive_throws_at_once_and_the_first_is_unharmed() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        byte[] buffer = new byte[16];
        ValueTask<int> first = pair.Ours.ReceiveAsync(buffer);
        await NextTurn();

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.ReceiveAsync(new byte[16]).AsTask(); });
        await pair.Peer.SendAllAsync("first"u8.ToArray());

        Assert.Equal("first"u8.ToArray(), buffer[..await first]);
    });

    [Fact]
    public Task A_second_receive_throws_even_when_it_could_be_served_at_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> first = pair.Ours.ReceiveAsync(new byte[1]);
        await pair.Peer.SendAllAsync("ab"u8.ToArray());
        await Eventually.IsTrueAsync(() => first.IsCompleted, "the first receive ends");

        // Its result has not been taken yet.
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.ReceiveAsync(new byte[1]).AsTask(); });

        Assert.Equal(1, await first);
        Assert.Equal(1, await pair.Ours.ReceiveAsync(new byte[1]));
    });

    [Fact]
    public Task A_second_send_throws_at_once_and_the_first_is_unharmed() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        byte[] bytes = Payload.Random(1_000_000);
        ValueTask first = pair.Ours.SendAsync(bytes);

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.SendAsync(new byte[1]).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.SendAsync([new byte[1]]).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.SendAsync(ReadOnlyMemory<byte>.Empty).AsTask(); });

        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));
        await first;
        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task A_second_accept_throws_at_once_and_the_first_is_unharmed() => OnShard(async () =>
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        ValueTask<TcpConnection> first = listener.AcceptAsync();
        await NextTurn();

        Assert.Throws<InvalidOperationException>(() => { _ = listener.AcceptAsync().AsTask(); });

        using Socket peer = await Peers.ConnectAsync(listener.LocalEndPoint);
        using TcpConnection ours = await first;
        Assert.Equal(peer.LocalEndPoint, ours.RemoteEndPoint);
    });

    [Fact]
    public Task A_result_can_be_taken_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        await pair.Peer.SendAllAsync("x"u8.ToArray());
        ValueTask<int> copy = receiving;
        Assert.Equal(1, await receiving);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await copy);
    });

    [Fact]
    public Task A_receive_becomes_a_task_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        ValueTask<int> copy = receiving;
        Task<int> first = receiving.AsTask();

        Assert.Throws<InvalidOperationException>(() => { _ = copy.AsTask(); });

        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await first);
    });

    /// <remarks>
    /// An exception that leaves OnCompleted kills the process, because the builder of the awaiting method rethrows it on the
    /// thread pool. What leaves IsCompleted is thrown at the await.
    /// </remarks>
    [Fact]
    public Task A_second_await_of_a_pending_receive_throws_where_it_awaits() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16]);
        ValueTask<int> copy = receiving;
        Task<int> first = receiving.AsTask();

        Assert.Throws<InvalidOperationException>(() => copy.GetAwaiter().IsCompleted);

        await pair.Peer.SendAllAsync("x"u8.ToArray());
        Assert.Equal(1, await first);
    });

    /// <remarks>As above: it must not be OnCompleted that throws.</remarks>
    [Fact]
    public async Task Awaiting_a_pending_receive_on_another_thread_throws_where_it_awaits()
    {
        Pair pair = null!;
        ValueTask<int> receiving = default;
        await OnShard(async () =>
        {
            pair = await Pair.AcceptAsync();
            receiving = pair.Ours.ReceiveAsync(new byte[16]);
        });

        Exception? failure = Record.Exception(() => receiving.GetAwaiter().IsCompleted);

        await OnShard(async () =>
        {
            await pair.Peer.SendAllAsync("x"u8.ToArray());
            Assert.Equal(1, await receiving);
            pair.Dispose();
        });
        Assert.IsType<InvalidOperationException>(failure);
        Assert.Contains("shard 0", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_member_throws_on_another_thread_and_names_shard_and_caller()
    {
        Pair pair = null!;
        TcpConnectionListener listener = null!;
        await OnShard(async () =>
        {
            pair = await Pair.AcceptAsync();
            listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        });
        TcpConnection ours = pair.Ours;
        Action[] calls =
        [
            () => _ = ours.ReceiveAsync(new byte[1]).AsTask(),
            () => _ = ours.ReceiveAsync(new byte[1], new CancellationToken(true)).AsTask(),
            () => _ = ours.SendAsync(new byte[1]).AsTask(),
            () => _ = ours.SendAsync([new byte[1]]).AsTask(),
            () => _ = ours.SendAsync(ReadOnlyMemory<byte>.Empty).AsTask(),
            ours.ShutdownSend,
            ours.ShutdownReceive,
            ours.Close,
            ours.Abort,
            ours.Dispose,
            () => _ = ours.NoDelay,
            () => ours.NoDelay = true,
            () => _ = ours.KeepAlive,
            () => ours.KeepAlive = true,
            () => _ = ours.ReceiveBufferSize,
            () => ours.ReceiveBufferSize = 4_096,
            () => _ = ours.SendBufferSize,
            () => ours.SendBufferSize = 4_096,
            () => _ = listener.AcceptAsync().AsTask(),
            listener.Dispose,
        ];

        Exception? failure = null;
        var stranger = new Thread(() => failure = Record.Exception(() => RunAll(calls))) { Name = "a stranger" };
        stranger.Start();
        stranger.Join();
        Assert.Null(failure);

        // Nothing has happened to them.
        await OnShard(async () =>
        {
            await ours.SendAsync("well"u8.ToArray());
            Assert.Equal("well"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(4));
            pair.Dispose();
            listener.Dispose();
        });

        static void RunAll(Action[] calls) => Assert.All(calls, call =>
        {
            InvalidOperationException exception = Assert.Throws<InvalidOperationException>(call);
            Assert.Contains("shard 0", exception.Message, StringComparison.Ordinal);
            Assert.Contains("a stranger", exception.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_connection_used_from_another_hosts_shard_throws_and_names_both()
    {
        await using ReactorHost other = ReactorHost.Start(new ReactorOptions { Shards = 1, PollBudget = 64 });
        Pair pair = null!;
        await OnShard(async () => pair = await Pair.AcceptAsync());

        await other.Shards[0].InvokeAsync(() =>
        {
            Assert.Throws<InvalidOperationException>(() => { _ = pair.Ours.SendAsync(new byte[1]).AsTask(); });
        });

        await OnShard(() =>
        {
            pair.Dispose();
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Listening_off_a_shard_throws_and_says_how()
    {
        await Task.CompletedTask;

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => TcpConnectionListener.Listen(Peers.AnyLoopbackPort));

        Assert.Contains("InvokeAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Every_member_throws_after_close() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        TcpConnection ours = pair.Ours;
        ours.Close();
        Action[] calls =
        [
            () => _ = ours.ReceiveAsync(new byte[1]).AsTask(),
            () => _ = ours.ReceiveAsync(Memory<byte>.Empty).AsTask(),
            () => _ = ours.SendAsync(new byte[1]).AsTask(),
            () => _ = ours.SendAsync([new byte[1]]).AsTask(),
            () => _ = ours.SendAsync(ReadOnlyMemory<byte>.Empty).AsTask(),
            ours.ShutdownSend,
            ours.ShutdownReceive,
            () => _ = ours.NoDelay,
            () => ours.NoDelay = true,
            () => _ = ours.KeepAlive,
            () => _ = ours.ReceiveBufferSize,
            () => _ = ours.SendBufferSize,
        ];

        Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call));
        Assert.True(ours.IsClosed);
    });

    [Fact]
    public Task Accepting_after_the_listener_was_disposed_throws() => OnShard(() =>
    {
        TcpConnectionListener listener = TcpConnectionListener.Listen(Peers.AnyLoopbackPort);
        listener.Dispose();

        Assert.Throws<ObjectDisposedException>(() => { _ = listener.AcceptAsync().AsTask(); });
        Assert.True(listener.IsClosed);
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_buffer_whose_memory_is_gone_fails_its_own_receive_alone() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        var gone = new GoneMemory();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(gone.Memory);
        await NextTurn();
        gone.IsGone = true;
        await pair.Peer.SendAllAsync("kept"u8.ToArray());

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await receiving);

        byte[] buffer = new byte[16];
        Assert.Equal("kept"u8.ToArray(), buffer[..await pair.Ours.ReceiveAsync(buffer)]);
    });

    [Fact]
    public async Task Null_arguments_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => TcpServer.StartAsync(null!, Peers.AnyLoopbackPort, _ => Task.CompletedTask));
        await Assert.ThrowsAsync<ArgumentNullException>(() => TcpServer.StartAsync(Host, (IPEndPoint)null!, _ => Task.CompletedTask));
        await Assert.ThrowsAsync<ArgumentNullException>(() => TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, (Func<TcpConnection, Task>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, (Func<TcpConnection, CancellationToken, Task>)null!));
        await OnShard(async () =>
        {
            Assert.Throws<ArgumentNullException>(() => TcpConnectionListener.Listen((IPEndPoint)null!));
            await Assert.ThrowsAsync<ArgumentNullException>(async () => await TcpConnector.ConnectAsync(null!));
        });
    }

    private sealed class GoneMemory : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[16];

        internal bool IsGone { get; set; }

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(IsGone, this);
            return _bytes;
        }

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
