using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

public sealed class ReaderTests : PipeTest
{
    [Fact]
    public Task A_read_returns_what_has_arrived() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());

        ReadResult result = await pair.Input.ReadAsync();

        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        Assert.False(result.IsCompleted);
        Assert.False(result.IsCanceled);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task A_waiting_reader_holds_no_block() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        await NextTurn();
        Assert.Equal(0, pair.Pool.Rented);

        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await reading;
        Assert.Equal(1, pair.Pool.Rented);

        pair.Input.AdvanceTo(result.Buffer.End);
        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task What_was_not_examined_is_returned_again_at_once() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();

        pair.Input.AdvanceTo(result.Buffer.GetPosition(2), result.Buffer.GetPosition(4));
        ValueTask<ReadResult> again = pair.Input.ReadAsync();

        Assert.True(again.IsCompletedSuccessfully);
        result = await again;
        Assert.Equal("llo"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task After_everything_was_examined_a_read_waits_for_more_and_returns_the_rest_with_it() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();

        pair.Input.AdvanceTo(result.Buffer.GetPosition(2), result.Buffer.End);
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        await NextTurn();
        Assert.False(reading.IsCompleted);
        await pair.SendAsync(" world"u8.ToArray());

        result = await reading;
        Assert.Equal("llo world"u8.ToArray(), result.Buffer.ToArray());
        Assert.True(result.Buffer.IsSingleSegment);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task A_buffer_that_spans_blocks_is_whole() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync(blockSize: 1_024);
        byte[] bytes = Payload.Random(200_000);
        Task sending = Task.Run(() => pair.SendAsync(bytes));
        ReadResult result;
        while ((result = await pair.Input.ReadAsync()).Buffer.Length < bytes.Length)
        {
            pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }

        await sending;
        Assert.Equal(bytes, result.Buffer.ToArray());
        Assert.False(result.Buffer.IsSingleSegment);
        pair.Input.AdvanceTo(result.Buffer.End);
        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task Consuming_gives_back_the_blocks_that_are_done_with() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync(blockSize: 1_024);
        byte[] bytes = Payload.Random(10_000);
        await pair.SendAsync(bytes);
        ReadResult result = await pair.Input.ReadAtLeastAsync(bytes.Length);
        int before = pair.Pool.Rented;

        pair.Input.AdvanceTo(result.Buffer.GetPosition(5_000), result.Buffer.GetPosition(5_000));

        Assert.InRange(pair.Pool.Rented, 5, before - 4);
        Assert.Equal(bytes[5_000..], await ReadAsync(pair.Input, 5_000));
    });

    [Fact]
    public Task ReadAtLeast_waits_for_so_many_bytes() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync(new byte[10]);
        ValueTask<ReadResult> reading = pair.Input.ReadAtLeastAsync(25);
        await NextTurn();
        await pair.SendAsync(new byte[10]);
        await NextTurn();
        await NextTurn();
        Assert.False(reading.IsCompleted);
        await pair.SendAsync(new byte[10]);

        ReadResult result = await reading;
        Assert.InRange(result.Buffer.Length, 25, 30);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task ReadAtLeast_returns_less_at_the_end() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        pair.Peer.ShutdownSend();

        ReadResult result = await pair.Input.ReadAtLeastAsync(1_000);

        Assert.True(result.IsCompleted);
        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task ReadAtLeast_of_what_is_buffered_already_ends_at_once() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync(new byte[100]);
        ReadResult result = await pair.Input.ReadAtLeastAsync(100);
        pair.Input.AdvanceTo(result.Buffer.GetPosition(10), result.Buffer.GetPosition(20));

        ValueTask<ReadResult> again = pair.Input.ReadAtLeastAsync(90);

        Assert.True(again.IsCompletedSuccessfully);
        pair.Input.AdvanceTo((await again).Buffer.End);
    });

    [Fact]
    public Task After_FIN_a_read_is_completed_with_what_is_left_and_so_is_every_later_one() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        pair.Peer.ShutdownSend();
        ReadResult result;
        while (!(result = await pair.Input.ReadAsync()).IsCompleted)
        {
            pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }

        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.GetPosition(4), result.Buffer.End);
        result = await pair.Input.ReadAsync();
        Assert.True(result.IsCompleted);
        Assert.Equal("o"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.End);
        Assert.True(pair.Input.TryRead(out result));
        Assert.True(result.IsCompleted);
        Assert.True(result.Buffer.IsEmpty);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task TryRead_takes_what_the_kernel_has_and_does_not_wait() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        Assert.False(pair.Input.TryRead(out _));
        Assert.Equal(0, pair.Pool.Rented);

        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = default;
        await Eventually.IsTrueAsync(() => pair.Input.TryRead(out result), "something to read");

        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        Assert.False(pair.Input.TryRead(out _));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task After_a_reset_every_read_throws_it(bool tryRead) => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        pair.Peer.Reset();
        await AssertResetAsync(async () => await reading);

        for (int i = 0; i < 3; i++)
        {
            await AssertResetAsync(async () =>
            {
                if (tryRead)
                {
                    pair.Input.TryRead(out _);
                }
                else
                {
                    await pair.Input.ReadAsync();
                }
            });
        }
    });

    [Fact]
    public Task A_reset_that_a_send_has_met_is_no_end_for_the_reader() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Peer.Reset();
        await AssertResetAsync(async () =>
        {
            while (true)
            {
                await pair.Output.WriteAsync("x"u8.ToArray());
                await NextTurn();
            }
        });

        // The send has taken the error from the socket, and the kernel has nothing to tell but the end.
        await AssertResetAsync(async () => await pair.Input.ReadAsync());
    });

    [Fact]
    public Task A_cancelled_token_ends_the_wait_and_nothing_is_lost() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hel"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        using var cancellation = new CancellationTokenSource();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync(cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Input.ReadAsync(cancellation.Token));

        await pair.SendAsync("lo"u8.ToArray());

        Assert.Equal("hello"u8.ToArray(), await ReadAsync(pair.Input, 5));
    });

    [Fact]
    public Task CopyToAsync_copies_until_the_end() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        byte[] bytes = Payload.Random(300_000);
        Task sending = Task.Run(async () =>
        {
            await pair.SendAsync(bytes);
            pair.Peer.ShutdownSend();
        });
        var copy = new MemoryStream();

        await pair.Input.CopyToAsync(copy);

        await sending;
        Assert.Equal(bytes, copy.ToArray());
    });

    [Fact]
    public Task As_a_stream_the_reader_reads_until_the_end() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        byte[] bytes = Payload.Random(100_000);
        Task sending = Task.Run(async () =>
        {
            await pair.SendAsync(bytes);
            pair.Peer.ShutdownSend();
        });
        await using Stream stream = pair.Input.AsStream();
        byte[] received = new byte[bytes.Length];
        await stream.ReadExactlyAsync(received);

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.Equal(bytes, received);
        await sending;
    });

    [Fact]
    public Task Completing_gives_all_blocks_back_and_the_connection_still_sends() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.Start);

        pair.Input.Complete(new FormatException("bad request"));
        pair.Input.Complete();

        Assert.Equal(0, pair.Pool.Rented);
        pair.Output.Write("bye"u8);
        await pair.Output.FlushAsync();
        Assert.Equal("bye"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(3));
    });

    [Fact]
    public Task Completing_under_a_pending_read_ends_it() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();

        pair.Input.Complete();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reading);
    });

    [Fact]
    public Task A_pool_that_fails_fails_the_read_and_the_next_one_goes_on() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Pool.FailAfter(0);
        await pair.SendAsync("hello"u8.ToArray());

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Input.ReadAsync());

        Assert.Equal("hello"u8.ToArray(), await ReadAsync(pair.Input, 5));
    });

    [Fact]
    public Task A_pool_that_fails_in_the_middle_of_several_blocks_gets_the_others_back() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        byte[] bytes = Payload.Random(60_000);
        await pair.SendAsync(bytes);
        byte[] first = await ReadAsync(pair.Input, 20_000);
        ReadResult rest = await pair.Input.ReadAtLeastAsync(1);
        pair.Input.AdvanceTo(rest.Buffer.Start, rest.Buffer.End);
        int rented = pair.Pool.Rented;
        pair.Pool.FailAfter(1);
        try
        {
            rest = await pair.Input.ReadAtLeastAsync(40_000);
            pair.Input.AdvanceTo(rest.Buffer.Start);
        }
        catch (InvalidOperationException)
        {
            Assert.InRange(pair.Pool.Rented, rented, rented + 1);
        }

        byte[] second = await ReadAsync(pair.Input, 40_000);
        Assert.Equal(bytes, first.Concat(second));
    });

    private static async Task AssertResetAsync(Func<Task> body)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(body);
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }
}
