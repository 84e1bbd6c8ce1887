using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

/// <summary>
/// .NET's own classes with the shard's TimeProvider: awaited on the shard, they continue there. With a synchronization
/// context that brings them home, and without one because the timer's callback runs there.
/// </summary>
public sealed class TimeProviderAwaitTests
{
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_delay_continues_on_the_shard(bool hasContext) => OnShard(hasContext, async shard =>
    {
        for (int i = 0; i < 10; i++)
        {
            await Task.Delay(s_millisecond, shard.TimeProvider);
            Assert.True(shard.IsOnShard);
        }
    });

    [Fact]
    public Task A_delay_with_a_token_that_fires_on_the_shard_comes_home_by_the_context() => OnShard(true, async shard =>
    {
        using var cancellation = new CancellationTokenSource(s_millisecond, shard.TimeProvider);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromHours(1), shard.TimeProvider, cancellation.Token));
        Assert.True(shard.IsOnShard);
        while (shard.Timers.Count > 0)
        {
            await Task.Yield();
        }
    });

    [Fact]
    public Task A_delay_with_a_token_that_fires_elsewhere_comes_home_by_the_context() => OnShard(true, async shard =>
    {
        using var cancellation = new CancellationTokenSource();
        Task delay = Task.Delay(TimeSpan.FromHours(1), shard.TimeProvider, cancellation.Token);
        new Thread(cancellation.Cancel).Start();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delay);
        Assert.True(shard.IsOnShard);

        // The thread that cancels disposes the timer afterwards.
        while (shard.Timers.Count > 0)
        {
            await Task.Yield();
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_periodic_timer_ticks_on_the_shard(bool hasContext) => OnShard(hasContext, async shard =>
    {
        using var timer = new PeriodicTimer(s_millisecond, shard.TimeProvider);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(await timer.WaitForNextTickAsync());
            Assert.True(shard.IsOnShard);
        }

        timer.Period = TimeSpan.FromHours(1);
        ValueTask<bool> last = timer.WaitForNextTickAsync();
        timer.Dispose();
        Assert.False(await last);
        Assert.Equal(0, shard.Timers.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_token_source_fires_on_the_shard(bool hasContext) => OnShard(hasContext, async shard =>
    {
        var fired = new TaskCompletionSource<Shard?>();
        using var cancellation = new CancellationTokenSource(s_millisecond, shard.TimeProvider);
        cancellation.Token.Register(() => fired.SetResult(Shard.Current));
        Assert.Same(shard, await fired.Task);
        Assert.True(shard.IsOnShard);
    });

    [Fact]
    public Task A_token_source_that_is_put_off_fires_at_the_later_time() => OnShard(true, async shard =>
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(2), shard.TimeProvider);
        cancellation.CancelAfter(TimeSpan.FromHours(1));
        await Shard.Delay(TimeSpan.FromMilliseconds(5));
        Assert.False(cancellation.IsCancellationRequested);
        cancellation.CancelAfter(s_millisecond);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Shard.Delay(Timeout.InfiniteTimeSpan, cancellation.Token));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_wait_with_a_timeout_continues_on_the_shard(bool hasContext) => OnShard(hasContext, async shard =>
    {
        var never = new TaskCompletionSource();
        await Assert.ThrowsAsync<TimeoutException>(() => never.Task.WaitAsync(s_millisecond, shard.TimeProvider));
        Assert.True(shard.IsOnShard);
    });

    private static async Task OnShard(bool hasContext, Func<Shard, Task> body)
    {
        await using var host = new TestHost(options => options.UseSynchronizationContext = hasContext);
        await host.Run(() => body(host.Shard));
        Assert.Empty(host.Unhandled);
    }
}
