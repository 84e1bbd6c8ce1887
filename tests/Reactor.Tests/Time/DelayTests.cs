#pragma warning disable CA2012 // Futures are held while something is done to them, which is the point.
using System.Diagnostics;
using Reactor.Tests.Support;
using Xunit.Abstractions;

namespace Reactor.Tests.Time;

public sealed class DelayTests(ITestOutputHelper output) : ShardTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(12.3456)]
    public Task A_delay_is_never_early(double milliseconds) => Host.Run(async () =>
    {
        for (int i = 0; i < 10; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await Shard.Delay(TimeSpan.FromMilliseconds(milliseconds));
            Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= milliseconds);
            Assert.True(Shard.IsOnShard);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(double.MinValue)]
    public Task A_delay_of_nothing_ends_in_the_next_turn(double milliseconds) => Host.Run(async () =>
    {
        ValueTask delay = Shard.Delay(milliseconds == double.MinValue ? TimeSpan.MinValue : TimeSpan.FromMilliseconds(milliseconds));
        Assert.False(delay.IsCompleted);
        long turns = Shard.GetStatistics().Turns;
        await delay;
        Assert.Equal(turns + 1, Shard.GetStatistics().Turns);
    });

    [Fact]
    public Task A_delay_of_infinity_waits_for_its_token() => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask delay = Shard.Delay(Timeout.InfiniteTimeSpan, cancellation.Token);
        Assert.Equal(0, Shard.Timers.Count);
        await Shard.Delay(s_millisecond * 3);
        Assert.False(delay.IsCompleted);
        cancellation.Cancel();
        await IsCancelled(delay, cancellation.Token);
    });

    [Fact]
    public Task The_longest_delay_is_as_good_as_infinite() => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask delay = Shard.Delay(TimeSpan.MaxValue, cancellation.Token);
        await Shard.Delay(s_millisecond * 3);
        Assert.False(delay.IsCompleted);
        cancellation.Cancel();
        await IsCancelled(delay, cancellation.Token);
    });

    [Fact]
    public Task A_token_that_has_fired_before_ends_the_delay_at_once() => Host.Run(async () =>
    {
        var token = new CancellationToken(true);
        ValueTask delay = Shard.Delay(s_hour, token);
        Assert.True(delay.IsCanceled);
        await IsCancelled(delay, token);
        Assert.Equal(0, Shard.Timers.Count);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_token_that_fires_during_the_delay_ends_it_on_the_shard(bool elsewhere) => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask delay = Shard.Delay(s_hour, cancellation.Token);
        if (elsewhere)
        {
            new Thread(cancellation.Cancel).Start();
        }
        else
        {
            cancellation.Cancel();
        }

        await IsCancelled(delay, cancellation.Token);
        Assert.True(Shard.IsOnShard);
        Assert.Equal(0, Shard.Timers.Count);
    });

    [Fact]
    public Task A_token_that_fires_after_the_delay_does_nothing_to_the_next_one() => Host.Run(async () =>
    {
        using var cancellation = new CancellationTokenSource();
        await Shard.Delay(TimeSpan.Zero, cancellation.Token);
        ValueTask next = Shard.Delay(s_millisecond);
        cancellation.Cancel();
        await next;
    });

    [Fact]
    public async Task The_stop_of_the_shard_ends_the_delay()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await host.Run(() =>
        {
            _ = DelayAsync();
            return 0;
        });
        await host.DisposeAsync();
        string message = Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the delay")).Message;
        Assert.Contains("shard 0", message, StringComparison.Ordinal);
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(late.Task, "the delay begun too late"));

        async Task DelayAsync()
        {
            ended.SetResult(await Record.ExceptionAsync(async () => await Shard.Delay(s_hour)));
            late.SetResult(await Record.ExceptionAsync(async () => await Shard.Delay(s_hour)));
        }
    }

    [Fact]
    public void A_delay_is_awaited_on_a_shard_only() =>
        Assert.Throws<InvalidOperationException>(() => Shard.Delay(s_hour).IsCompleted);

    /// <remarks>
    /// When a delay is due is known up to the moment at which it was begun, which lies between two readings of the clock.
    /// One that ends after another must not have been due before it for certain.
    /// </remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_hundred_thousand_delays_half_of_them_cancelled_end_in_order(bool cancelElsewhere) => Host.Run(async () =>
    {
        const int Count = 100_000;
        Random random = Seed.Random(output);
        using var cancellation = new CancellationTokenSource();
        var ended = new List<(long Earliest, long Latest, long Actual)>(Count);
        var waiters = new Task[Count];
        for (int i = 0; i < Count; i++)
        {
            waiters[i] = i % 2 == 0
                ? FireAsync(TimeSpan.FromMicroseconds(random.Next(500_000)))
                : IsCancelled(Shard.Delay(TimeSpan.FromMinutes(1 + random.Next(1000)), cancellation.Token), cancellation.Token);
        }

        if (cancelElsewhere)
        {
            new Thread(cancellation.Cancel).Start();
        }
        else
        {
            cancellation.Cancel();
        }

        await Task.WhenAll(waiters);
        Assert.Equal(Count / 2, ended.Count);
        Assert.Equal(0, Shard.Timers.Count);
        long dueBefore = 0;
        foreach ((long earliest, long latest, long actual) in ended)
        {
            Assert.True(actual >= earliest, "early");
            Assert.True(latest >= dueBefore, "out of order");
            dueBefore = Math.Max(dueBefore, earliest);
        }

        async Task FireAsync(TimeSpan delay)
        {
            long earliest = Shard.DeadlineAfter(delay);
            ValueTask future = Shard.Delay(delay);
            long latest = Shard.DeadlineAfter(delay);
            await future;
            ended.Add((earliest, latest, Stopwatch.GetTimestamp()));
        }
    });

    private static async Task IsCancelled(ValueTask delay, CancellationToken token)
    {
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await delay);
        Assert.Equal(token, exception.CancellationToken);
    }
}
