using System.Buffers;
using System.IO.Pipelines;

namespace Reactor.Net.Tests.Pipelines;

public sealed class ReaderMisuseTests : PipeTest
{
    protected override int ShardCount => 2;

    [Fact]
    public Task A_second_read_while_one_is_pending_throws() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Input.ReadAsync().AsTask(); });
        Assert.Throws<InvalidOperationException>(() => pair.Input.TryRead(out _));

        await pair.SendAsync(new byte[1]);
        pair.Input.AdvanceTo((await reading).Buffer.End);
    });

    [Fact]
    public Task A_read_before_the_last_was_advanced_throws() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync(new byte[1]);
        ReadResult result = await pair.Input.ReadAsync();

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Input.ReadAsync().AsTask(); });

        pair.Input.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public Task Advancing_without_a_read_throws() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(default));
        await pair.SendAsync(new byte[1]);
        ReadResult result = await pair.Input.ReadAsync();
        pair.Input.AdvanceTo(result.Buffer.End);

        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(result.Buffer.End));
    });

    [Fact]
    public Task Positions_that_are_not_in_the_buffer_are_refused_and_the_buffer_stays() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        await pair.SendAsync("hello"u8.ToArray());
        ReadResult first = await pair.Input.ReadAtLeastAsync(5);
        pair.Input.AdvanceTo(first.Buffer.GetPosition(2));
        ReadResult second = await pair.Input.ReadAsync();

        // Before the buffer, of nobody's, and examined before consumed.
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(first.Buffer.Start));
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(new SequencePosition(new byte[9], 3)));
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(new SequencePosition(second.Buffer.End.GetObject(), 4_000)));
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(second.Buffer.End, second.Buffer.Start));

        Assert.Equal("llo"u8.ToArray(), second.Buffer.ToArray());
        pair.Input.AdvanceTo(second.Buffer.End);
    });

    [Fact]
    public Task A_position_of_another_connection_is_refused() => OnShard(async () =>
    {
        using PipePair one = await PipeAsync();
        using PipePair other = await PipeAsync();
        await one.SendAsync("hello"u8.ToArray());
        await other.SendAsync("hello"u8.ToArray());
        ReadResult ofOne = await one.Input.ReadAsync();
        ReadResult ofOther = await other.Input.ReadAsync();

        Assert.Throws<InvalidOperationException>(() => one.Input.AdvanceTo(ofOther.Buffer.End));

        one.Input.AdvanceTo(ofOne.Buffer.End);
        other.Input.AdvanceTo(ofOther.Buffer.End);
    });

    [Fact]
    public Task After_completion_everything_but_completing_again_throws() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        pair.Input.Complete();

        Assert.Throws<InvalidOperationException>(() => { _ = pair.Input.ReadAsync().AsTask(); });
        Assert.Throws<InvalidOperationException>(() => pair.Input.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(default));
        pair.Input.CancelPendingRead();
        pair.Input.Complete();
    });

    [Fact]
    public Task A_negative_minimum_is_refused() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();

        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = pair.Input.ReadAtLeastAsync(-1).AsTask(); });
    });

    [Fact]
    public Task Another_shard_may_cancel_and_nothing_else() => OnShard(async () =>
    {
        using PipePair pair = await PipeAsync();
        ValueTask<ReadResult> reading = pair.Input.ReadAsync();

        await Host.Shards[1].InvokeAsync(() =>
        {
            Assert.Throws<InvalidOperationException>(() => { _ = pair.Input.ReadAsync().AsTask(); });
            Assert.Throws<InvalidOperationException>(() => pair.Input.TryRead(out _));
            Assert.Throws<InvalidOperationException>(() => pair.Input.AdvanceTo(default));
            Assert.Throws<InvalidOperationException>(() => pair.Input.Complete());
            Assert.Throws<InvalidOperationException>(() => { _ = pair.Output.FlushAsync().AsTask(); });
            Assert.Throws<InvalidOperationException>(() => { _ = pair.Output.GetMemory(); });
            Assert.Throws<InvalidOperationException>(() => pair.Output.Advance(0));
            Assert.Throws<InvalidOperationException>(() => pair.Output.Complete());
            Assert.Throws<InvalidOperationException>(() => pair.Ours.AsPipe());
            pair.Input.CancelPendingRead();
        });

        Assert.True((await reading).IsCanceled);
    });

    [Fact]
    public Task A_buffer_is_read_by_whoever_awaits_even_if_the_reader_is_completed_before_it_runs() => OnShard(async () =>
    {
        // Another read must not get this block, and write into it, before the awaiter has run.
        using Pair pair = await Pair.AcceptAsync();
        ConnectionPipe pipe = pair.Ours.AsPipe();
        await pair.Peer.SendAllAsync("hello"u8.ToArray());
        ReadResult first = await pipe.Input.ReadAsync();
        pipe.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        ValueTask<ReadResult> reading = pipe.Input.ReadAsync();
        pipe.Input.CancelPendingRead();
        int free = SegmentPool.Of(Shard).Blocks.Free;

        pipe.Input.Complete();

        Assert.Equal(free, SegmentPool.Of(Shard).Blocks.Free);
        Assert.Equal("hello"u8.ToArray(), (await reading).Buffer.ToArray());
    });
}
