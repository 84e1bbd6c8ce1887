#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using Reactor.Tests.Support;

namespace Reactor.Tests.Primitives;

public sealed class ShardConditionTests : ShardTests
{
    [Fact]
    public Task A_signal_wakes_the_one_who_has_waited_longest() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        Task first = condition.WaitAsync().AsTask();
        Task second = condition.WaitAsync().AsTask();
        condition.Signal();
        await first;
        Assert.False(second.IsCompleted);
        Assert.Equal(1, condition.Waiters);
        condition.Signal();
        await second;
    });

    [Fact]
    public Task A_broadcast_wakes_all() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => condition.WaitAsync().AsTask())];
        condition.Broadcast();
        await Task.WhenAll(waiting);
    });

    [Fact]
    public Task Waiting_for_a_predicate_goes_on_until_it_holds() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        int value = 0;
        Task waiting = condition.WaitAsync(() => value == 2).AsTask();
        for (value = 1; value < 2; value++)
        {
            condition.Broadcast();
            await Task.Yield();
            Assert.False(waiting.IsCompleted);
        }

        condition.Broadcast();
        await waiting;
        Assert.True(condition.WaitAsync(() => value == 2).IsCompletedSuccessfully);
    });

    [Fact]
    public Task A_predicate_that_throws_ends_its_own_wait_alone() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        bool throws = false;
        Task failing = condition.WaitAsync(() => throws ? throw new TimeZoneNotFoundException() : false).AsTask();
        Task other = condition.WaitAsync().AsTask();
        throws = true;
        condition.Broadcast();
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => failing);
        await other;
    });

    [Fact]
    public Task Waiting_ends_by_time_and_by_token() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        await Assert.ThrowsAsync<TimeoutException>(async () => await condition.WaitAsync(TimeSpan.FromMilliseconds(1)));
        await Assert.ThrowsAsync<TimeoutException>(async () => await condition.WaitAsync(static () => false, TimeSpan.FromMilliseconds(1)));
        using var cancellation = new CancellationTokenSource();
        Task waiting = condition.WaitAsync(cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, condition.Waiters);
    });

    [Fact]
    public Task Breaking_fails_those_who_wait_and_those_who_come_later() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        Task waiting = condition.WaitAsync().AsTask();
        condition.Break(new TimeZoneNotFoundException());
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => waiting);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await condition.WaitAsync());
    });

    [Fact]
    public Task A_hundred_thousand_waiters_resume_through_the_run_queue() => Host.Run(async () =>
    {
        const int Waiters = 100_000;
        var condition = new ShardCondition();
        int done = 0;
        Task[] waiting = [.. Enumerable.Range(0, Waiters).Select(_ => Chain())];
        condition.Signal();
        await Task.WhenAll(waiting);
        Assert.Equal(Waiters, done);

        async Task Chain()
        {
            await condition.WaitAsync();
            done++;
            condition.Signal();
        }
    });

    /// <remarks>It must not stand in the line after that: it would be waited for, and used again elsewhere, at the same time.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_predicate_that_cancels_its_own_wait_ends_it(bool holds) => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        using var cancellation = new CancellationTokenSource();
        bool armed = false;
        ValueTask waiting = condition.WaitAsync(
            () =>
            {
                if (armed)
                {
                    cancellation.Cancel();
                }

                return armed && holds;
            },
            cancellation.Token);
        armed = true;
        condition.Signal();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Assert.Equal(0, condition.Waiters);
        ValueTask next = condition.WaitAsync();
        Assert.Equal(1, condition.Waiters);
        condition.Signal();
        await next;
    });

    [Fact]
    public Task A_signalled_waiter_that_is_cancelled_before_its_turn_hands_the_signal_on() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        using var cancellation = new CancellationTokenSource();
        Task first = condition.WaitAsync(cancellation.Token).AsTask();
        Task second = condition.WaitAsync().AsTask();
        condition.Signal();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Eventually.Ends(second, "the one behind it");
    });

    [Fact]
    public Task A_signal_that_nobody_waits_for_is_gone() => Host.Run(async () =>
    {
        var condition = new ShardCondition();
        condition.Signal();
        condition.Broadcast();
        await Assert.ThrowsAsync<TimeoutException>(async () => await condition.WaitAsync(TimeSpan.FromMilliseconds(1)));
    });
}
