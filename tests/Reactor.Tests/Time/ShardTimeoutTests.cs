using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

public sealed class ShardTimeoutTests : ShardTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public Task One_of_our_own_operations_ends_when_the_time_is_over() => Host.Run(async () =>
    {
        var operation = new EventOperation();
        using (ShardTimeout timeout = Shard.Timeout(s_millisecond))
        {
            Assert.False(timeout.HasElapsed);
            OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await operation.WaitAsync(timeout.Token));
            Assert.Equal(timeout.Token, exception.CancellationToken);
            Assert.True(timeout.HasElapsed);
            Assert.True(Shard.IsOnShard);
        }

        operation.Close();
    });

    [Fact]
    public Task A_foreign_await_ends_when_the_time_is_over() => Host.Run(async () =>
    {
        using ShardTimeout timeout = Shard.Timeout(s_millisecond);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new TaskCompletionSource().Task.WaitAsync(timeout.Token));
        Assert.True(timeout.HasElapsed);
        Assert.True(Shard.IsOnShard);
    });

    [Fact]
    public Task What_ends_in_time_is_left_alone() => Host.Run(async () =>
    {
        bool fired = false;
        using (ShardTimeout timeout = Shard.Timeout(s_millisecond * 5))
        {
            await Shard.Delay(TimeSpan.Zero, timeout.Token);
            timeout.Token.Register(() => fired = true);
        }

        Assert.Equal(0, Shard.Timers.Count);
        await Shard.Delay(s_millisecond * 10);
        Assert.False(fired);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public Task A_timeout_of_nothing_fires_in_the_next_turn(int milliseconds) => Host.Run(async () =>
    {
        using ShardTimeout timeout = Shard.Timeout(s_millisecond * milliseconds);
        Assert.False(timeout.Token.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(s_hour, timeout.Token));
        Assert.True(timeout.HasElapsed);
    });

    [Fact]
    public Task A_timeout_of_infinity_arms_no_timer() => Host.Run(() =>
    {
        using ShardTimeout timeout = Shard.Timeout(Timeout.InfiniteTimeSpan);
        Assert.True(timeout.Token.CanBeCanceled);
        Assert.Equal(0, Shard.Timers.Count);
        return 0;
    });

    [Fact]
    public Task What_is_registered_runs_on_the_shard_from_its_run_queue() => Host.Run(async () =>
    {
        var fired = new TaskCompletionSource<Shard?>();
        using ShardTimeout timeout = Shard.Timeout(s_millisecond);
        timeout.Token.Register(() =>
        {
            // The timer set refuses this within its own Expire.
            Shard.Timers.Expire(0);
            fired.SetResult(Shard.Current);
        });
        Assert.Same(Shard, await fired.Task);
    });

    [Fact]
    public Task An_exception_from_what_is_registered_is_reported() => Host.Run(async () =>
    {
        using ShardTimeout timeout = Shard.Timeout(s_millisecond);
        timeout.Token.Register(static () => throw new InvalidDataException());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(s_hour, timeout.Token));
        await Task.Yield();
        Assert.IsType<InvalidDataException>(Assert.IsType<AggregateException>(Assert.Single(Host.Unhandled)).InnerException);
    });

    [Fact]
    public Task A_linked_token_that_fires_on_the_shard_fires_the_timeouts_at_once() => Host.Run(() =>
    {
        using var linked = new CancellationTokenSource();
        using ShardTimeout timeout = Shard.Timeout(s_hour, linked.Token);
        Assert.False(timeout.Token.IsCancellationRequested);
        linked.Cancel();
        Assert.True(timeout.Token.IsCancellationRequested);
        Assert.False(timeout.HasElapsed);
        Assert.Equal(0, Shard.Timers.Count);
        return 0;
    });

    [Fact]
    public Task A_linked_token_that_fires_elsewhere_fires_the_timeouts_on_the_shard() => Host.Run(async () =>
    {
        var fired = new TaskCompletionSource<Shard?>();
        using var linked = new CancellationTokenSource();
        using ShardTimeout timeout = Shard.Timeout(s_hour, linked.Token);
        timeout.Token.Register(() => fired.SetResult(Shard.Current));
        new Thread(linked.Cancel).Start();
        Assert.Same(Shard, await fired.Task);
        Assert.False(timeout.HasElapsed);
    });

    [Fact]
    public Task A_linked_token_that_has_fired_already_fires_the_timeouts_from_the_start() => Host.Run(async () =>
    {
        using (ShardTimeout timeout = Shard.Timeout(s_hour, new CancellationToken(true)))
        {
            Assert.True(timeout.Token.IsCancellationRequested);
            Assert.False(timeout.HasElapsed);
        }

        using ShardTimeout next = Shard.Timeout(s_hour);
        Assert.False(next.Token.IsCancellationRequested);
        await Task.Yield();
    });

    [Fact]
    public Task The_first_reason_is_the_one_that_counts() => Host.Run(async () =>
    {
        using var linked = new CancellationTokenSource();
        using ShardTimeout timeout = Shard.Timeout(s_millisecond, linked.Token);
        await Shard.Delay(s_millisecond * 3);
        Assert.True(timeout.HasElapsed);
        linked.Cancel();
        Assert.True(timeout.HasElapsed);
    });

    /// <remarks>The time is over and the timeout stands in the run queue when the linked token fires: it is the one that cancels.</remarks>
    [Fact]
    public Task A_linked_token_may_overtake_a_timeout_that_is_queued() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource();
        using var linked = new CancellationTokenSource();
        ShardTimeout timeout = default;
        using ITimer first = Shard.TimeProvider.CreateTimer(
            _ =>
            {
                linked.Cancel();
                done.SetResult();
            },
            null,
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        timeout = Shard.Timeout(TimeSpan.Zero, linked.Token);
        await done.Task;
        await Task.Yield();
        Assert.True(timeout.Token.IsCancellationRequested);
        Assert.False(timeout.HasElapsed);
        timeout.Dispose();
    });

    [Fact]
    public Task A_linked_token_that_fires_after_the_end_does_not_reach_the_next_user() => Host.Run(async () =>
    {
        using var linked = new CancellationTokenSource();
        Shard.Timeout(s_hour, linked.Token).Dispose();
        using ShardTimeout next = Shard.Timeout(s_hour);
        linked.Cancel();
        await Task.Yield();
        Assert.False(next.Token.IsCancellationRequested);
    });

    [Fact]
    public Task A_linked_token_under_way_at_the_end_does_not_reach_the_next_user() => Host.Run(async () =>
    {
        using var linked = new CancellationTokenSource();
        ShardTimeout timeout = Shard.Timeout(s_hour, linked.Token);
        OwnThread.Run(linked.Cancel);
        timeout.Dispose();
        using ShardTimeout next = Shard.Timeout(s_hour);
        await Task.Yield();
        await Task.Yield();
        Assert.False(next.Token.IsCancellationRequested);
    });

    [Fact]
    public Task Disposing_twice_does_not_end_the_timeout_of_the_next_user() => Host.Run(async () =>
    {
        ShardTimeout first = Shard.Timeout(s_hour);
        CancellationToken pooled = first.Token;
        ShardTimeout copy = first;
        first.Dispose();
        using ShardTimeout next = Shard.Timeout(s_millisecond);

        // Else this proves nothing: the pool has lent the same object again.
        Assert.Equal(pooled, next.Token);
        first.Dispose();
        copy.Dispose();
        OwnThread.Run(first.Dispose);
        await Task.Yield();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(s_hour, next.Token));
        Assert.True(next.HasElapsed);
    });

    [Fact]
    public Task A_timeout_that_has_ended_says_so() => Host.Run(() =>
    {
        ShardTimeout timeout = Shard.Timeout(s_hour);
        timeout.Dispose();
        using ShardTimeout next = Shard.Timeout(s_hour);
        Assert.Throws<ObjectDisposedException>(() => timeout.Token);
        Assert.Throws<ObjectDisposedException>(() => timeout.HasElapsed);
        return 0;
    });

    [Fact]
    public Task Two_timeouts_at_a_time_are_two() => Host.Run(async () =>
    {
        using ShardTimeout late = Shard.Timeout(s_hour);
        using ShardTimeout early = Shard.Timeout(s_millisecond);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(s_hour, early.Token));
        Assert.False(late.Token.IsCancellationRequested);
        Assert.False(late.HasElapsed);
    });

    /// <remarks>Both are due in the same turn; the second is queued when the first's awaiter ends it, and its object is lent again.</remarks>
    [Fact]
    public Task A_timeout_that_ends_while_it_is_queued_does_not_fire_for_the_next_user() => Host.Run(async () =>
    {
        ShardTimeout victim = default;
        bool victimFired = false;
        var done = new TaskCompletionSource<ShardTimeout>();
        ShardTimeout killer = Shard.Timeout(TimeSpan.Zero);
        victim = Shard.Timeout(TimeSpan.Zero);
        victim.Token.Register(() => victimFired = true);
        killer.Token.Register(() =>
        {
            victim.Dispose();
            done.SetResult(Shard.Timeout(s_hour));
        });
        using ShardTimeout next = await done.Task;
        await Task.Yield();
        await Task.Yield();
        Assert.False(victimFired);
        Assert.False(next.Token.IsCancellationRequested);
        killer.Dispose();
    });

    /// <remarks>Whoever awaits is resumed within the cancellation, ends the timeout there and begins the next with the same object.</remarks>
    [Fact]
    public Task A_timeout_may_be_ended_and_another_begun_within_its_own_firing() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource<ShardTimeout>();
        ShardTimeout timeout = Shard.Timeout(s_millisecond);
        timeout.Token.Register(() =>
        {
            Assert.True(timeout.HasElapsed);
            timeout.Dispose();
            done.SetResult(Shard.Timeout(s_hour));
        });
        using ShardTimeout next = await done.Task;
        Assert.False(next.HasElapsed);
        Assert.False(next.Token.IsCancellationRequested);
    });

    [Fact]
    public Task What_is_still_registered_at_the_end_is_dropped() => Host.Run(async () =>
    {
        bool fired = false;
        using (ShardTimeout timeout = Shard.Timeout(s_hour))
        {
            timeout.Token.Register(() => fired = true);
        }

        using ShardTimeout next = Shard.Timeout(s_millisecond);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(s_hour, next.Token));
        Assert.False(fired);
    });

    [Fact]
    public Task A_default_value_never_fires() => Host.Run(() =>
    {
        ShardTimeout timeout = default;
        Assert.False(timeout.Token.CanBeCanceled);
        Assert.False(timeout.HasElapsed);
        timeout.Dispose();
        return 0;
    });

    [Fact]
    public void A_timeout_is_begun_on_a_shard_only()
    {
        string message = Assert.Throws<InvalidOperationException>(() => Shard.Timeout(s_hour)).Message;
        Assert.Contains("begin a timeout", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeout_may_be_read_and_ended_elsewhere()
    {
        ShardTimeout timeout = await Host.Run(() => Shard.Timeout(s_millisecond));
        CancellationToken token = timeout.Token;
        Eventually.Until(() => token.IsCancellationRequested, "the time over");
        Assert.True(timeout.HasElapsed);
        timeout.Dispose();
        await Host.Run(() => Shard.Timeout(s_hour));
        Assert.Throws<ObjectDisposedException>(() => timeout.Token);
        Assert.Throws<ObjectDisposedException>(() => timeout.HasElapsed);
    }

    [Fact]
    public async Task Without_a_synchronization_context_a_timeout_holds_for_code_that_leaves_the_shard()
    {
        await using var host = new TestHost(options => options.UseSynchronizationContext = false);
        await host.Run(async () =>
        {
            using (ShardTimeout timeout = Shard.Timeout(s_hour))
            {
                await Task.Run(static () => { });
                Assert.Null(Shard.Current);
                Assert.False(timeout.HasElapsed);
            }
        });
        Assert.Equal(0, await host.Run(() => host.Shard.Timers.Count));
    }
}
