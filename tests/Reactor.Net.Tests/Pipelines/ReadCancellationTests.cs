using System.Buffers;
using System.IO.Pipelines;

namespace Reactor.Net.Tests.Pipelines;

public sealed class ReadCancellationTests : PipeTest
{
    [Fact]
    public Task CancelPendingRead_before_a_read_ends_that_and_only_that() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Input.CancelPendingRead();

        ValueTask<ReadResult> reading = pair.Input.ReadAsync();

        Assert.True(reading.IsCompletedSuccessfully);
        ReadResult result = await reading;
        Assert.True(result.IsCanceled);
        Assert.True(result.Buffer.IsEmpty);
        pair.Input.AdvanceTo(result.Buffer.End);
        reading = pair.Input.ReadAsync();
        await NextTurn();
        Assert.False(reading.IsCompleted);
        await pair.SendAsync("x"u8.ToArray());
        pair.Input.AdvanceTo((await reading).Buffer.End);
    });

    [Fact]
    public Task CancelPendingRead_during_a_read_ends_it_with_what_there_is() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        await NextTurn();

        pair.Input.CancelPendingRead();

        result = await reading;
        Assert.True(result.IsCanceled);
        Assert.Equal("hello"u8.ToArray(), result.Buffer.ToArray());
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        await pair.SendAsync("!"u8.ToArray());
        Assert.Equal("hello!"u8.ToArray(), await ReadAsync(pair.Input, 6));
    });

    [Fact]
    public Task CancelPendingRead_after_a_read_is_for_the_next() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();

        pair.Input.CancelPendingRead();
        pair.Input.AdvanceTo(result.Buffer.GetPosition(1), result.Buffer.End);

        result = await pair.Input.ReadAsync();
        Assert.True(result.IsCanceled);
        Assert.Equal("ello"u8.ToArray(), result.Buffer.ToArray());

        // After a read that was cancelled one may read again without advancing.
        pair.Input.CancelPendingRead();
        Assert.True((await pair.Input.ReadAsync()).IsCanceled);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task Cancelling_twice_ends_one_read() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Input.CancelPendingRead();
        pair.Input.CancelPendingRead();
        Assert.True(pair.Input.TryRead(out ReadResult result));
        Assert.True(result.IsCanceled);

        Assert.False(pair.Input.TryRead(out _));
    });

    [Fact]
    public Task CancelPendingRead_comes_from_any_thread() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();
        _ = Task.Run(pair.Input.CancelPendingRead);

        Assert.True((await reading).IsCanceled);
    });

    [Fact]
    public Task CancelPendingRead_ends_a_ReadAtLeast_too() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        ValueTask<ReadResult> reading = pair.Input.ReadAtLeastAsync(1_000);
        await NextTurn();

        pair.Input.CancelPendingRead();

        result = await reading;
        Assert.True(result.IsCanceled);
        Assert.Equal(5, result.Buffer.Length);
        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task Reads_that_are_cancelled_in_a_race_with_arrival_lose_nothing() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        var received = new List<byte>();
        for (byte i = 0; i < 200; i++)
        {
            ValueTask<ReadResult> reading = pair.Input.ReadAsync();
            await pair.SendAsync([i]);
            pair.Input.CancelPendingRead();
            ReadResult result = await reading;
            received.AddRange(result.Buffer.ToArray());
            pair.Input.AdvanceTo(result.Buffer.End);
        }

        // The last cancellations may be waiting.
        while (received.Count < 200)
        {
            ReadResult result = await pair.Input.ReadAsync();
            received.AddRange(result.Buffer.ToArray());
            pair.Input.AdvanceTo(result.Buffer.End);
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(i => (byte)i), received);
    });
}
