using System.Buffers;
using System.IO.Pipelines;

namespace Reactor.Net.Tests.Pipelines;

/// <summary>A peer that stops reading stops the writer.</summary>
public sealed class BackPressureTests : PipeTest
{
    [Fact]
    public Task A_flush_waits_at_the_threshold_and_goes_on_when_the_peer_has_read() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        ValueTask<FlushResult> flushing = await FillAsync(pair);

        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(2_000_000));
        FlushResult result = await flushing;

        Assert.False(result.IsCanceled || result.IsCompleted);
        await pair.Output.WriteAsync(new byte[1_000_000]);
        await receiving;
    });

    [Fact]
    public Task The_memory_of_a_writer_that_waits_for_its_peer_stays_within_the_threshold_and_one_write() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(5_000_000));
        for (int sent = 0; sent < 5_000_000; sent += 10_000)
        {
            await pair.Output.WriteAsync(new byte[10_000]);
        }

        await receiving;
        Assert.InRange(pair.Pool.MostRented * 4_096, 0, (64 * 1_024) + 10_000 + (2 * 4_096));
    });

    [Fact]
    public Task A_writer_that_waits_may_write_more_and_not_flush() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        ValueTask<FlushResult> flushing = await FillAsync(pair);

        pair.Output.Write("more"u8);
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Output.FlushAsync().AsTask(); });
        Assert.Equal(4, pair.Output.UnflushedBytes);

        pair.Ours.Abort();
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await flushing);
    });

    [Fact]
    public Task CancelPendingFlush_ends_a_waiting_flush_and_what_was_flushed_is_still_sent() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        pair.Output.Write(Payload.Random(1_000_000));
        ValueTask<FlushResult> flushing = pair.Output.FlushAsync();
        await NextTurn();
        Assert.False(flushing.IsCompleted);

        pair.Output.CancelPendingFlush();

        Assert.True((await flushing).IsCanceled);
        Assert.Equal(Payload.Random(1_000_000), await Task.Run(() => pair.Peer.ReceiveExactlyAsync(1_000_000)));
    });

    [Fact]
    public Task CancelPendingFlush_without_a_flush_is_for_the_next_one() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.CancelPendingFlush();
        pair.Output.Write("hello"u8);

        Assert.True((await pair.Output.FlushAsync()).IsCanceled);

        Assert.False((await pair.Output.FlushAsync()).IsCanceled);
        Assert.Equal("hello"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(5));
    });

    [Fact]
    public Task CancelPendingFlush_comes_from_any_thread() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        ValueTask<FlushResult> flushing = await FillAsync(pair);
        _ = Task.Run(pair.Output.CancelPendingFlush);

        Assert.True((await flushing).IsCanceled);
    });

    [Fact]
    public Task A_cancelled_token_ends_a_waiting_flush_and_what_was_flushed_is_still_sent() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        using var cancellation = new CancellationTokenSource();
        pair.Output.Write(Payload.Random(1_000_000));
        ValueTask<FlushResult> flushing = pair.Output.FlushAsync(cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await flushing);

        Assert.Equal(Payload.Random(1_000_000), await Task.Run(() => pair.Peer.ReceiveExactlyAsync(1_000_000)));
    });

    [Fact]
    public Task A_token_that_has_fired_flushes_nothing() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("hello"u8);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Output.FlushAsync(new CancellationToken(true)));

        Assert.Equal(5, pair.Output.UnflushedBytes);
    });

    [Fact]
    public Task Bytes_that_the_peer_does_not_read_stay_in_the_kernel_while_nobody_reads_here() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync(new byte[100_000]);
        ReadResult result = await pair.Input.ReadAsync();
        int rented = pair.Pool.Rented;
        await NextTurn();
        await NextTurn();

        Assert.Equal(rented, pair.Pool.Rented);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(10, 0)]
    [InlineData(10, 11)]
    public Task Thresholds_that_make_no_sense_are_refused(int pause, int resume) => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => pair.Ours.AsPipe(new ConnectionPipeOptions { PauseWriterThreshold = pause, ResumeWriterThreshold = resume }));

        Assert.Contains("WriterThreshold is", exception.Message, StringComparison.Ordinal);
        await pair.Ours.SendAsync(new byte[1]);
    });

    [Fact]
    public Task A_close_timeout_of_nothing_is_refused() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();

        Assert.Throws<ArgumentException>(() => pair.Ours.AsPipe(new ConnectionPipeOptions { CloseTimeout = TimeSpan.Zero }));
    });

    /// <summary>Flushes as much as the kernel does not take; the flush is pending.</summary>
    private static async Task<ValueTask<FlushResult>> FillAsync(PipePair pair)
    {
        pair.Output.Write(new byte[1_000_000]);
        ValueTask<FlushResult> flushing = pair.Output.FlushAsync();
        await NextTurn();
        await NextTurn();
        Assert.False(flushing.IsCompleted);
        return flushing;
    }
}
