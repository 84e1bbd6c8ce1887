#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Primitives;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Primitives;

public sealed class ShardReaderWriterLockTests(ITestOutputHelper output) : ShardTests
{
    [Fact]
    public Task Readers_share_and_a_writer_is_alone() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        ReaderWriterLockHolder one = await guard.EnterReadLockAsync();
        ReaderWriterLockHolder two = await guard.EnterReadLockAsync();
        Assert.Equal(2, guard.CurrentReadCount);
        Assert.False(guard.TryEnterWriteLock(out _));
        Task<ReaderWriterLockHolder> writing = guard.EnterWriteLockAsync().AsTask();
        one.Dispose();
        await Task.Yield();
        Assert.False(writing.IsCompleted);
        two.Dispose();
        ReaderWriterLockHolder writer = await writing;
        Assert.True(writer.IsForWriting && guard.IsWriteLockHeld);
        Assert.False(guard.TryEnterReadLock(out _));
        writer.Dispose();
        Assert.True(guard.TryEnterReadLock(out one));
    });

    [Fact]
    public Task Nobody_overtakes_and_readers_in_a_row_enter_together() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        ReaderWriterLockHolder first = await guard.EnterReadLockAsync();
        Task<ReaderWriterLockHolder> writer = guard.EnterWriteLockAsync().AsTask();
        Task<ReaderWriterLockHolder>[] readers = [guard.EnterReadLockAsync().AsTask(), guard.EnterReadLockAsync().AsTask()];
        Task<ReaderWriterLockHolder> last = guard.EnterWriteLockAsync().AsTask();
        Assert.Equal((2, 2), (guard.WaitingReadCount, guard.WaitingWriteCount));
        first.Dispose();
        (await writer).Dispose();
        ReaderWriterLockHolder[] inside = await Task.WhenAll(readers);
        Assert.Equal(2, guard.CurrentReadCount);
        Assert.False(last.IsCompleted);
        Array.ForEach(inside, each => each.Dispose());
        (await last).Dispose();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_writer_that_gives_up_lets_the_readers_behind_it_in(bool byToken) => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        using ReaderWriterLockHolder first = await guard.EnterReadLockAsync();
        using var cancellation = new CancellationTokenSource();
        Task writer = byToken ? guard.EnterWriteLockAsync(cancellation.Token).AsTask() : guard.EnterWriteLockAsync(TimeSpan.FromMilliseconds(1)).AsTask();
        Task<ReaderWriterLockHolder> reader = guard.EnterReadLockAsync().AsTask();
        if (byToken)
        {
            cancellation.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer);
        }
        else
        {
            await Assert.ThrowsAsync<TimeoutException>(() => writer);
        }

        (await Eventually.Ends(reader, "the reader")).Dispose();
        Assert.Equal((1, 0), (guard.CurrentReadCount, guard.WaitingWriteCount));
    });

    [Fact]
    public Task Recursion_and_upgrade_are_refused_where_that_was_asked_for() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock(refuseRecursion: true);
        using ReaderWriterLockHolder reading = await guard.EnterReadLockAsync();
        string message = (await Assert.ThrowsAsync<LockRecursionException>(async () => await guard.EnterWriteLockAsync())).Message;
        Assert.Contains("upgraded", message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LockRecursionException>(async () => await guard.EnterReadLockAsync());
        reading.Dispose();
        (await guard.EnterWriteLockAsync()).Dispose();
    });

    [Fact]
    public Task A_flow_that_goes_hand_over_hand_remembers_only_what_it_holds() => Host.Run(async () =>
    {
        var locks = new[] { new ShardReaderWriterLock(refuseRecursion: true), new ShardReaderWriterLock(refuseRecursion: true) };
        ReaderWriterLockHolder held = await locks[0].EnterReadLockAsync();
        for (int i = 1; i < 100; i++)
        {
            ReaderWriterLockHolder next = await locks[i % 2].EnterReadLockAsync();
            held.Dispose();
            held = next;
            Assert.InRange(LockFlow.Count, 1, 2);
        }

        held.Dispose();
    });

    [Fact]
    public Task An_entry_that_waits_is_remembered_while_others_come_and_go() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock(refuseRecursion: true);
        var other = new ShardReaderWriterLock(refuseRecursion: true);
        ReaderWriterLockHolder reader = default;
        using (ExecutionContext.SuppressFlow())
        {
            await Shard.InvokeAsync(async () => reader = await guard.EnterReadLockAsync());
        }

        Task<ReaderWriterLockHolder> writer = guard.EnterWriteLockAsync().AsTask();
        (await other.EnterReadLockAsync()).Dispose();
        (await other.EnterReadLockAsync()).Dispose();
        reader.Dispose();
        using ReaderWriterLockHolder holder = await writer;
        await Assert.ThrowsAsync<LockRecursionException>(async () => await guard.EnterReadLockAsync());
    });

    [Fact]
    public async Task An_entry_that_was_given_up_is_forgotten()
    {
        var guard = await Host.Run(static () => new ShardReaderWriterLock(refuseRecursion: true));
        await Host.Run(async () => _ = await guard.EnterReadLockAsync());
        await Host.Run(async () =>
        {
            Assert.False(guard.TryEnterWriteLock(out _));
            await Assert.ThrowsAsync<TimeoutException>(async () => await guard.EnterWriteLockAsync(TimeSpan.Zero));
            (await guard.EnterReadLockAsync()).Dispose();
            Assert.Equal(1, LockFlow.Count);
        });
    }

    [Fact]
    public Task A_holder_that_is_copied_and_disposed_twice_leaves_once() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        ReaderWriterLockHolder one = await guard.EnterReadLockAsync();
        ReaderWriterLockHolder copy = one;
        using ReaderWriterLockHolder two = await guard.EnterReadLockAsync();
        one.Dispose();
        copy.Dispose();
        Assert.Equal(1, guard.CurrentReadCount);
        Assert.False(guard.TryEnterWriteLock(out _));
    });

    [Fact]
    public Task Breaking_fails_those_who_wait_and_those_who_come_later() => Host.Run(async () =>
    {
        var guard = new ShardReaderWriterLock();
        using ReaderWriterLockHolder writer = await guard.EnterWriteLockAsync();
        Task reader = guard.EnterReadLockAsync().AsTask();
        guard.Break(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => reader);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await guard.EnterWriteLockAsync());
    });

    /// <summary>Against a list of who waits, which is served from its head as far as readers and writers go together.</summary>
    [Fact]
    public Task It_agrees_with_a_model() => Host.Run(async () =>
    {
        Random random = Seed.Random(output);
        var guard = new ShardReaderWriterLock();
        var line = new List<(bool Writes, Task<ReaderWriterLockHolder> Wait, CancellationTokenSource Source)>();
        var inside = new List<(bool Writes, ReaderWriterLockHolder Holder)>();
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(3))
            {
                case 0 when line.Count < 20:
                    bool writes = random.Next(3) == 0;
                    var source = new CancellationTokenSource();
                    line.Add((writes, (writes ? guard.EnterWriteLockAsync(source.Token) : guard.EnterReadLockAsync(source.Token)).AsTask(), source));
                    break;
                case 1 when line.Count > 0:
                    int place = random.Next(line.Count);
                    line[place].Source.Cancel();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => line[place].Wait);
                    line.RemoveAt(place);
                    break;
                case 2 when inside.Count > 0:
                    int leaving = random.Next(inside.Count);
                    inside[leaving].Holder.Dispose();
                    inside.RemoveAt(leaving);
                    break;
            }

            while (line.Count > 0 && (line[0].Writes ? inside.Count == 0 : inside.All(each => !each.Writes)))
            {
                inside.Add((line[0].Writes, await Eventually.Ends(line[0].Wait, "one that the model lets in")));
                line.RemoveAt(0);
            }

            Assert.All(line, each => Assert.False(each.Wait.IsCompleted));
            Assert.Equal(inside.Any(each => each.Writes) ? 0 : inside.Count, guard.CurrentReadCount);
            Assert.Equal(line.Count, guard.WaitingReadCount + guard.WaitingWriteCount);
        }
    });
}
