using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>A send that fails when its flush has long ended is told all the same.</summary>
public sealed class DeferredErrorTests : PipeTest
{
    [Fact]
    public Task A_failed_send_is_told_by_the_next_flush_and_every_later_one() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await FailSendAsync(pair);

        for (int i = 0; i < 3; i++)
        {
            pair.Output.Write("lost"u8);
            SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.FlushAsync());
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }

        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task A_failed_send_is_told_by_a_write_with_a_flush() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await FailSendAsync(pair);

        await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.WriteAsync("lost"u8.ToArray()));
    });

    [Fact]
    public Task A_failed_send_that_nobody_has_heard_of_is_told_by_Complete_once() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await FailSendAsync(pair);

        Assert.Throws<SocketException>(() => pair.Output.Complete());
        pair.Output.Complete();
        await pair.Output.CompleteAsync();
    });

    [Fact]
    public Task A_failed_send_that_a_flush_has_told_is_not_told_by_Complete_again() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await FailSendAsync(pair);
        await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.FlushAsync());

        pair.Output.Complete();
    });

    [Fact]
    public Task A_send_that_fails_after_Complete_is_told_by_CompleteAsync() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(new byte[1_000_000]);
        pair.Output.Complete();
        await NextTurn();
        ValueTask completing = pair.Output.CompleteAsync();
        pair.Peer.Reset();

        await Assert.ThrowsAsync<SocketException>(async () => await completing);
    });

    [Fact]
    public Task CompleteAsync_tells_of_a_send_that_has_failed_since_Complete() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(new byte[1_000_000]);
        pair.Output.Complete();
        await NextTurn();
        pair.Peer.Reset();
        await Eventually.IsEqualAsync(0, () => pair.Pool.Rented, "the rented blocks");

        await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.CompleteAsync());
    });

    [Fact]
    public Task A_reset_ends_a_waiting_flush() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(new byte[1_000_000]);
        ValueTask<FlushResult> flushing = pair.Output.FlushAsync();
        await NextTurn();
        pair.Peer.Reset();

        await Assert.ThrowsAsync<SocketException>(async () => await flushing);
        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task A_reset_that_a_read_has_told_is_told_by_the_next_flush_too() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        pair.Peer.Reset();
        await Assert.ThrowsAsync<SocketException>(async () => await reading);

        pair.Output.Write("lost"u8);
        await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.FlushAsync());
        pair.Output.Complete();
    });

    [Fact]
    public Task Memory_can_be_asked_for_after_a_failure_and_is_given_back() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        Memory<byte> before = pair.Output.GetMemory();
        await FailSendAsync(pair, flushMore: false);
        before.Span.Fill(1);
        pair.Output.Advance(10);
        pair.Output.Write(new byte[10_000]);

        await Assert.ThrowsAsync<SocketException>(async () => await pair.Output.FlushAsync());

        Assert.Equal(0, pair.Pool.Rented);
    });

    /// <summary>Brings the connection to where a flush has ended well and its send has failed since.</summary>
    private static async Task FailSendAsync(PipePair pair, bool flushMore = true)
    {
        pair.Peer.Reset();
        while (pair.Pipe.Errno == 0)
        {
            if (flushMore)
            {
                pair.Output.Write("x"u8);
                FlushResult result = await pair.Output.FlushAsync();
                Assert.False(result.IsCompleted);
                await NextTurn();
            }
            else
            {
                try
                {
                    pair.Input.TryRead(out _);
                }
                catch (SocketException)
                {
                    // What was waited for.
                }

                await NextTurn();
            }
        }
    }
}
