namespace Reactor.Net.Tests.Pipelines;

/// <summary>A connection that has become a pipe is received from and sent to by that alone.</summary>
public sealed class DirectUseTests : PipeTest
{
    [Fact]
    public Task Receiving_and_sending_directly_throws_and_names_the_pipe() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();

        AssertRefused(() => pair.Ours.ReceiveAsync(new byte[1]).AsTask());
        AssertRefused(() => pair.Ours.ReceiveAsync([new byte[1]]).AsTask());
        AssertRefused(() => pair.Ours.WaitToReceiveAsync().AsTask());
        AssertRefused(() => pair.Ours.TryReceive(new byte[1], out _));
        AssertRefused(() => pair.Ours.SendAsync(new byte[1]).AsTask());
        AssertRefused(() => pair.Ours.SendAsync([new byte[1]]).AsTask());
        AssertRefused(() => pair.Ours.WaitToSendAsync().AsTask());
        AssertRefused(() => pair.Ours.TrySend(new byte[1], out _));
        AssertRefused(pair.Ours.ShutdownSend);
        AssertRefused(pair.Ours.AsStream);
        AssertRefused(() => pair.Ours.AsPipe());
    });

    [Fact]
    public Task Options_and_shutting_down_the_receiving_still_work() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Ours.NoDelay = false;
        Assert.False(pair.Ours.NoDelay);

        pair.Ours.ShutdownReceive();

        Assert.True((await pair.Input.ReadAsync()).IsCompleted);
    });

    [Fact]
    public Task With_a_receive_or_a_send_pending_there_is_no_pipe() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptNarrowAsync();
        Task<int> receiving = pair.Ours.ReceiveAsync(new byte[1]).AsTask();
        Assert.Throws<InvalidOperationException>(() => pair.Ours.AsPipe());
        await pair.Peer.SendAllAsync(new byte[1]);
        await receiving;
        Task sending = pair.Ours.SendAsync(new byte[1_000_000]).AsTask();
        Assert.Throws<InvalidOperationException>(() => pair.Ours.AsPipe());

        pair.Ours.Abort();
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => sending);
    });

    [Fact]
    public Task A_connection_with_a_stream_has_no_pipe() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.AsStream();

        Assert.Throws<InvalidOperationException>(() => pair.Ours.AsPipe());
    });

    [Fact]
    public Task A_closed_connection_has_neither() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        pair.Ours.Close();

        Assert.Throws<ObjectDisposedException>(() => pair.Ours.AsPipe());
        Assert.Throws<ObjectDisposedException>(pair.Ours.AsStream);
    });

    [Fact]
    public Task What_was_received_directly_before_is_not_in_the_pipe_and_nothing_is_lost_between() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        await pair.Peer.SendAllAsync("head|body"u8.ToArray());
        byte[] head = new byte[5];
        for (int received = 0; received < head.Length;)
        {
            received += await pair.Ours.ReceiveAsync(head.AsMemory(received));
        }

        ConnectionPipe pipe = pair.Ours.AsPipe();

        Assert.Equal("body"u8.ToArray(), await ReadAsync(pipe.Input, 4));
        pipe.Input.Complete();
    });

    private static void AssertRefused(Func<object> use) => AssertRefused(() => { use(); });

    private static void AssertRefused(Action use)
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(use);
        Assert.Contains("has been made a pipe", exception.Message, StringComparison.Ordinal);
    }
}
