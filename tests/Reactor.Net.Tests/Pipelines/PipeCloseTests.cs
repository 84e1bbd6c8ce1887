using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

public sealed class PipeCloseTests : PipeTest
{
    /// <summary>What the pipe is doing when its connection is closed.</summary>
    public enum At
    {
        Idle,
        ReadPending,
        ReadNotAdvanced,
        ReadBuffered,
        MemoryInHand,
        WrittenAndNotFlushed,
        Flushed,
        FlushPending,
        InputCompleted,
        OutputCompleted,
        PeerHasFinished,
        PeerHasReset,
    }

    public static TheoryData<At> All => [.. Enum.GetValues<At>()];

    [Theory]
    [MemberData(nameof(All))]
    public Task Closing_ends_what_is_pending_and_gives_everything_back(At state) => EndAsync(state, pair => pair.Ours.Close());

    [Theory]
    [MemberData(nameof(All))]
    public Task Aborting_ends_what_is_pending_and_gives_everything_back(At state) => EndAsync(state, pair => pair.Ours.Abort());

    [Fact]
    public Task What_was_flushed_in_the_turn_of_the_close_arrives_before_FIN() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("flushed"u8);
        await pair.Output.FlushAsync();
        pair.Output.Write("not flushed"u8);

        pair.Ours.Close();

        Assert.Equal("flushed"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());
    });

    [Fact]
    public Task What_was_flushed_and_not_taken_by_the_kernel_is_sent_after_the_close_and_then_FIN() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        byte[] bytes = Payload.Random(1_000_000);
        ValueTask<FlushResult> flushing = pair.Output.WriteAsync(bytes);
        pair.Output.Write("not flushed"u8);
        await NextTurn();

        pair.Ours.Close();

        Assert.True(pair.Ours.IsClosed);
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await flushing);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        Assert.Equal(bytes, await Task.Run(pair.Peer.ReceiveToEndAsync));
        await AssertNothingLeftAsync(pair);
    });

    [Fact]
    public Task What_is_written_after_the_close_is_refused_by_the_flush_and_does_not_disturb_what_is_still_being_sent() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        byte[] bytes = Payload.Random(1_000_000);
        pair.Output.Write(bytes);
        Task flushing = pair.Output.FlushAsync().AsTask();
        pair.Ours.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => flushing);

        pair.Output.Write("too late"u8);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Output.FlushAsync());
        pair.Output.Complete();

        Assert.Equal(bytes, await Task.Run(pair.Peer.ReceiveToEndAsync));
    });

    [Fact]
    public Task Abort_after_Close_resets_what_is_still_being_sent() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(new byte[1_000_000]);
        Task flushing = pair.Output.FlushAsync().AsTask();
        pair.Ours.Close();
        Assert.True(pair.Ours.IsDraining);

        pair.Ours.Abort();

        await Assert.ThrowsAnyAsync<Exception>(() => flushing);
        await pair.Peer.AssertSeesResetAsync();
        await AssertNothingLeftAsync(pair);
    });

    [Fact]
    public Task A_peer_that_never_reads_is_reset_when_the_close_has_waited_long_enough() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync(options => options.CloseTimeout = TimeSpan.FromMilliseconds(20));
        pair.Output.Write(new byte[1_000_000]);
        Task flushing = pair.Output.FlushAsync().AsTask();

        pair.Ours.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => flushing);

        await AssertNothingLeftAsync(pair);
        await pair.Peer.AssertSeesResetAsync();
    });

    [Fact]
    public Task A_peer_that_resets_ends_the_sending_after_the_close() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(new byte[1_000_000]);
        Task flushing = pair.Output.FlushAsync().AsTask();
        pair.Ours.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => flushing);

        pair.Peer.Reset();

        await AssertNothingLeftAsync(pair);
        Assert.True(pair.Ours.HasLostOutput);
        SocketException told = Assert.Throws<SocketException>(() => pair.Output.Complete());
        Assert.Equal(SocketError.ConnectionReset, told.SocketErrorCode);
    });

    [Fact]
    public async Task A_shard_that_stops_resets_what_is_still_being_sent()
    {
        PipePair? pair = null;
        await OnShard(async () =>
        {
            pair = await NarrowPipeAsync();
            pair.Output.Write(new byte[1_000_000]);
            Task flushing = pair.Output.FlushAsync().AsTask();
            pair.Ours.Close();
            await Assert.ThrowsAnyAsync<Exception>(() => flushing);
        });

        await Host.StopAsync().WaitAsync(Eventually.Promptly);

        await pair!.Peer.AssertSeesResetAsync();
        Assert.Equal(0, pair.Pool.Rented);
        pair.Peer.Dispose();
    }

    [Fact]
    public Task A_buffer_in_hand_is_good_until_it_is_advanced_though_the_connection_is_closed() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();

        pair.Ours.Close();

        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.Start);
        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task After_the_close_reads_and_flushes_throw() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Ours.Close();

        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Input.ReadAsync().AsTask(); });
        Assert.Throws<ObjectDisposedException>(() => pair.Input.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Output.FlushAsync().AsTask(); });
        pair.Input.CancelPendingRead();
        pair.Output.CancelPendingFlush();
    });

    private Task EndAsync(At state, Action<PipePair> end) => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync(options => options.CloseTimeout = TimeSpan.FromMilliseconds(50));
        ReadResult result = default;
        Task? pending = null;
        switch (state)
        {
            case At.ReadPending:
                pending = pair.Input.ReadAsync().AsTask();
                await NextTurn();
                break;
            case At.ReadNotAdvanced:
            case At.ReadBuffered:
                await pair.SendAsync("hello"u8.ToArray());
                result = await pair.Input.ReadAsync();
                if (state == At.ReadBuffered)
                {
                    pair.Input.AdvanceTo(result.Buffer.Start);
                }

                break;
            case At.MemoryInHand:
                pair.Output.GetMemory();
                break;
            case At.WrittenAndNotFlushed:
                pair.Output.Write("hello"u8);
                break;
            case At.Flushed:
                await pair.Output.WriteAsync("hello"u8.ToArray());
                break;
            case At.FlushPending:
                pending = pair.Output.WriteAsync(new byte[1_000_000]).AsTask();
                await NextTurn();
                break;
            case At.InputCompleted:
                pair.Input.Complete();
                break;
            case At.OutputCompleted:
                pair.Output.Complete();
                await NextTurn();
                break;
            case At.PeerHasFinished:
                pair.Peer.ShutdownSend();
                Assert.True((await pair.Input.ReadAsync()).IsCompleted);
                break;
            case At.PeerHasReset:
                pending = pair.Input.ReadAsync().AsTask();
                pair.Peer.Reset();
                await Assert.ThrowsAsync<SocketException>(() => pending);
                pending = null;
                break;
        }

        end(pair);

        if (pending is not null)
        {
            SocketException exception = await Assert.ThrowsAsync<SocketException>(() => pending);
            Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
        }

        if (state == At.ReadNotAdvanced)
        {
            pair.Input.AdvanceTo(result.Buffer.End);
        }

        if (state == At.MemoryInHand)
        {
            pair.Output.Complete();
        }

        await AssertNothingLeftAsync(pair);
    });

    private async Task AssertNothingLeftAsync(PipePair pair)
    {
        await Eventually.IsTrueAsync(() => Shard.HoldsOnly(1), "the shard holds nothing but its wake-up", Eventually.Promptly);
        Assert.Equal(0, pair.Pool.Rented);
    }
}
