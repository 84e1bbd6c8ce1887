using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Pipelines;

public sealed class WriterTests : PipeTest
{
    [Fact]
    public Task Sixteen_flushes_of_one_turn_are_one_send() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        byte[] response = Payload.Random(1_000);
        await NextTurn();

        long calls = await CountCallsAsync(async () =>
        {
            for (int i = 0; i < 16; i++)
            {
                pair.Output.Write(response);
                ValueTask<FlushResult> flushing = pair.Output.FlushAsync();
                Assert.True(flushing.IsCompletedSuccessfully);
                await flushing;
            }

            await NextTurn();
        });

        Assert.Equal(1, calls);
        byte[] received = await pair.Peer.ReceiveExactlyAsync(16 * response.Length);
        Assert.Equal(Enumerable.Repeat(response, 16).SelectMany(bytes => bytes), received);
    });

    [Fact]
    public Task A_flush_makes_no_system_call_and_nothing_arrives_before_the_turn_is_over() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await NextTurn();

        long calls = await CountCallsAsync(async () =>
        {
            pair.Output.Write("hello"u8);
            await pair.Output.FlushAsync();
        });

        Assert.Equal(0, calls);
        Assert.Equal(0, pair.Peer.Available);
        Assert.Equal("hello"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(5));
    });

    [Fact]
    public Task What_was_not_flushed_is_not_sent() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("abc"u8);
        await pair.Output.FlushAsync();
        pair.Output.Write("def"u8);
        Assert.Equal(3, pair.Output.UnflushedBytes);
        await NextTurn();

        Assert.Equal("abc"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(3));
        Assert.Equal(0, pair.Peer.Available);
        await pair.Output.FlushAsync();
        Assert.Equal(0, pair.Output.UnflushedBytes);
        Assert.Equal("def"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(3));
    });

    [Fact]
    public Task A_writer_that_has_sent_everything_holds_no_block() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write(new byte[10_000]);
        await pair.Output.FlushAsync();
        Assert.NotEqual(0, pair.Pool.Rented);

        await NextTurn();

        Assert.Equal(0, pair.Pool.Rented);
    });

    [Fact]
    public Task Memory_in_hand_survives_the_send_of_what_was_flushed_before() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("abc"u8);
        await pair.Output.FlushAsync();
        Memory<byte> memory = pair.Output.GetMemory(3);
        await NextTurn();

        "def"u8.CopyTo(memory.Span);
        pair.Output.Advance(3);
        await pair.Output.FlushAsync();

        Assert.Equal("abcdef"u8.ToArray(), await pair.Peer.ReceiveExactlyAsync(6));
    });

    [Fact]
    public Task A_flush_without_anything_written_gives_the_memory_back() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.GetMemory();

        FlushResult result = await pair.Output.FlushAsync();

        Assert.False(result.IsCanceled || result.IsCompleted);
        Assert.Equal(0, pair.Pool.Rented);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(1_000_000)]
    public Task Memory_is_at_least_as_large_as_asked_for(int size) => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("head"u8);
        byte[] bytes = Payload.Random(size);

        Memory<byte> memory = pair.Output.GetMemory(size);
        Assert.InRange(memory.Length, size, int.MaxValue);
        bytes.CopyTo(memory);
        pair.Output.Advance(size);
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(4 + size));
        await pair.Output.FlushAsync();

        Assert.Equal("head"u8.ToArray().Concat(bytes), await receiving);
    });

    [Fact]
    public Task More_segments_than_one_call_takes_arrive_in_order() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync(blockSize: 256);
        byte[] bytes = Payload.Random(100_000);
        Task<byte[]> receiving = Task.Run(() => pair.Peer.ReceiveExactlyAsync(bytes.Length));

        await pair.Output.WriteAsync(bytes);

        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task Completing_sends_what_was_written_and_then_FIN_and_the_reader_goes_on() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Output.Write("bye"u8);

        pair.Output.Complete();
        pair.Output.Complete();

        Assert.Equal("bye"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());
        await pair.SendAsync("still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), await ReadAsync(pair.Input, 5));
    });

    [Fact]
    public Task CompleteAsync_ends_when_the_kernel_has_taken_everything() => OnShard(async () =>
    {
        using PipePair pair = await NarrowPipeAsync();
        byte[] bytes = Payload.Random(1_000_000);
        pair.Output.Write(bytes);
        ValueTask completing = pair.Output.CompleteAsync();
        await NextTurn();
        Assert.False(completing.IsCompleted);

        Task<byte[]> receiving = Task.Run(pair.Peer.ReceiveToEndAsync);
        await completing;

        Assert.Equal(0, pair.Pool.Rented);
        Assert.Equal(bytes, await receiving);
    });

    [Fact]
    public Task Completing_with_an_exception_resets_the_connection() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        pair.Output.Write("half of i"u8);

        pair.Output.Complete(new FormatException("could not make the other half"));

        await pair.Peer.AssertSeesResetAsync();
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await reading);
        Assert.Equal(SocketError.OperationAborted, exception.SocketErrorCode);
    });

    [Fact]
    public Task As_a_stream_the_writer_writes_and_disposing_it_sends_FIN() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await using (Stream stream = pair.Output.AsStream())
        {
            await stream.WriteAsync("hello"u8.ToArray());
            await stream.FlushAsync();
        }

        Assert.Equal("hello"u8.ToArray(), await pair.Peer.ReceiveToEndAsync());
    });
}
