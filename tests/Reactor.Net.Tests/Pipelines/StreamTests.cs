using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

public sealed class StreamTests : ShardTest
{
    [Fact]
    public Task A_stream_reads_and_writes_at_the_same_time() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        byte[] bytes = Payload.Random(500_000);
        byte[] echo = new byte[bytes.Length];
        Task peer = Task.Run(async () => await pair.Peer.SendAllAsync(await pair.Peer.ReceiveExactlyAsync(bytes.Length)));

        ValueTask reading = stream.ReadExactlyAsync(echo);
        await stream.WriteAsync(bytes);
        await reading;

        await peer;
        Assert.Equal(bytes, echo);
        Assert.Same(Shard, Shard.Current);
    });

    [Fact]
    public Task A_write_sends_at_once() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();

        ValueTask writing = stream.WriteAsync("hello"u8.ToArray());
        Assert.Equal(5, pair.Peer.Available);

        await writing;
        await stream.FlushAsync();
        stream.Flush();
        Assert.Equal("hello"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(5));
    });

    [Fact]
    public Task An_empty_read_waits_until_there_is_something() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        ValueTask<int> waiting = stream.ReadAsync(Memory<byte>.Empty);
        await NextTurn();
        Assert.False(waiting.IsCompleted);

        await pair.Peer.SendAllAsync("x"u8.ToArray());

        Assert.Equal(0, await waiting);
        Assert.Equal(1, await stream.ReadAsync(new byte[8]));
    });

    [Fact]
    public Task The_end_reads_as_0() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        pair.Peer.ShutdownSend();

        Assert.Equal(0, await stream.ReadAsync(new byte[8]));
        Assert.Equal(0, await stream.ReadAsync(new byte[8]));
    });

    [Fact]
    public Task Failures_are_told_as_IOException_with_the_socket_s_inside() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        ValueTask<int> reading = stream.ReadAsync(new byte[8]);
        await NextTurn();
        pair.Peer.Reset();

        AssertInside(SocketError.ConnectionReset, await Assert.ThrowsAsync<IOException>(async () => await reading));
        AssertInside(SocketError.Shutdown, await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(new byte[8])));
    });

    [Fact]
    public Task Disposing_closes_the_connection_and_ends_a_pending_read() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        ValueTask<int> reading = stream.ReadAsync(new byte[8]);
        await NextTurn();
        Assert.True(stream.CanRead && stream.CanWrite && !stream.CanSeek);

        await stream.DisposeAsync();
        await stream.DisposeAsync();

        Assert.False(stream.CanRead || stream.CanWrite);
        AssertInside(SocketError.OperationAborted, await Assert.ThrowsAsync<IOException>(async () => await reading));
        await pair.Peer.AssertSeesFinAsync();
        Assert.Throws<ObjectDisposedException>(() => { _ = stream.ReadAsync(new byte[8]).AsTask(); });
    });

    [Fact]
    public Task What_would_block_the_shard_is_refused_with_advice() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        await pair.Peer.SendAllAsync(new byte[8]);
        await pair.Ours.WaitToReceiveAsync();

#pragma warning disable CA2022 // Nothing is read.
        AssertRefused(() => stream.Read(new byte[8], 0, 8));
        AssertRefused(() => stream.Read(new byte[8].AsSpan()));
#pragma warning restore CA2022
        AssertRefused(() => stream.ReadByte());
        AssertRefused(() => stream.Write(new byte[8], 0, 8));
        AssertRefused(() => stream.Write(new byte[8].AsSpan()));
        AssertRefused(() => stream.WriteByte(1));
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Position = 1);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(0));

        static void AssertRefused(Action use) =>
            Assert.Contains("Async", Assert.Throws<NotSupportedException>(use).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task The_older_ways_of_reading_and_writing_work_too() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        Assert.Same(stream, pair.Ours.AsStream());
        byte[] buffer = new byte[16];
        await pair.Peer.SendAllAsync("ab"u8.ToArray());

#pragma warning disable CA1835 // Which is what this is about.
        Assert.Equal(1, await stream.ReadAsync(buffer, 3, 1, CancellationToken.None));
        Assert.Equal(1, await Task.Factory.FromAsync(stream.BeginRead, stream.EndRead, buffer, 4, 10, null));
        Assert.Equal("ab"u8.ToArray(), buffer[3..5]);
        await stream.WriteAsync(buffer, 3, 1, CancellationToken.None);
        await Task.Factory.FromAsync(stream.BeginWrite, stream.EndWrite, buffer, 4, 1, null);
#pragma warning restore CA1835

        Assert.Equal("ab"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = stream.ReadAsync(buffer, 10, 10); });
    });

    [Fact]
    public Task A_cancelled_read_loses_nothing() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        Stream stream = pair.Ours.AsStream();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> reading = stream.ReadAsync(new byte[8], cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.FlushAsync(cancellation.Token));
        await pair.Peer.SendAllAsync("x"u8.ToArray());

        Assert.Equal(1, await stream.ReadAsync(new byte[8]));
    });

    private static void AssertInside(SocketError expected, IOException exception) =>
        Assert.Equal(expected, Assert.IsType<SocketException>(exception.InnerException).SocketErrorCode);
}
