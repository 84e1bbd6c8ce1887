using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class UnhandledExceptionTests : ShardTests
{
    [Fact]
    public async Task An_exception_of_a_posted_callback_is_reported_and_the_loop_goes_on()
    {
        Shard.Post(() => throw new TimeZoneNotFoundException());
        Assert.Equal(1, await Host.Run(() => 1));
        Assert.IsType<TimeZoneNotFoundException>(Assert.Single(Host.Unhandled));
        Assert.Equal(1, Shard.GetStatistics().UnhandledExceptions);
    }

    [Fact]
    public async Task What_was_queued_behind_a_throwing_callback_still_runs()
    {
        int ran = 0;
        await Host.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                Shard.Post(() => throw new TimeZoneNotFoundException());
                Shard.Post(() => ran++);
            }

            await Task.Yield();
        });
        Assert.Equal(10, ran);
        Assert.Equal(10, Host.Unhandled.Count);
    }

    [Fact]
    public async Task An_exception_of_an_async_void_method_is_reported_before_and_after_its_await()
    {
        Shard.Post(async () =>
        {
            await Task.Delay(1);
            throw new TimeZoneNotFoundException();
        });
        Shard.Post(ThrowAtOnce);
        Eventually.Until(() => Host.Unhandled.Count == 2, "both reported");
        Assert.All(Host.Unhandled, exception => Assert.IsType<TimeZoneNotFoundException>(exception));
        Assert.Equal(1, await Host.Run(() => 1));

#pragma warning disable CS1998 // An async void method that throws at once is the point.
        static async void ThrowAtOnce() => throw new TimeZoneNotFoundException();
#pragma warning restore CS1998
    }

    [Fact]
    public async Task The_callback_is_called_on_the_shard_with_the_shard()
    {
        var told = new TaskCompletionSource<(Shard, Shard?)>();
        await using var host = new TestHost(options => options.UnhandledException = (shard, _) => told.SetResult((shard, Shard.Current)));
        host.Shard.Post(() => throw new TimeZoneNotFoundException());
        Assert.Equal((host.Shard, host.Shard), await Eventually.Ends(told.Task, "the report"));
    }

    [Fact]
    public async Task A_callback_that_throws_itself_does_not_end_the_loop()
    {
        await using var host = new TestHost(options => options.UnhandledException = (_, _) => throw new InvalidTimeZoneException());
        host.Shard.Post(() => throw new TimeZoneNotFoundException());
        host.Shard.Post(() => throw new TimeZoneNotFoundException());
        Assert.Equal(1, await host.Run(() => 1));
        Assert.Equal(2, host.Shard.GetStatistics().UnhandledExceptions);
    }

    [Fact]
    public async Task What_the_callback_for_exceptions_leaves_on_the_thread_is_not_for_the_next()
    {
        var local = new AsyncLocal<string?>();
        await using var host = new TestHost(options => options.UnhandledException = (_, _) =>
        {
            local.Value = "of the report";
            SynchronizationContext.SetSynchronizationContext(null);
        });
        var seen = new TaskCompletionSource<(string?, bool)>();
        await host.Run(() =>
        {
            host.Shard.Post(() => throw new TimeZoneNotFoundException());
            host.Shard.Post(() => seen.SetResult((local.Value, SynchronizationContext.Current is not null)));
            return 0;
        });
        Assert.Equal((null, true), await Eventually.Ends(seen.Task, "the next callback"));
    }

    [Fact]
    public async Task After_an_exception_what_runs_next_still_comes_home()
    {
        await Host.Run(async () =>
        {
            Shard.Post(() =>
            {
                SynchronizationContext.SetSynchronizationContext(null);
                throw new TimeZoneNotFoundException();
            });
            await Task.Yield();
            await Task.Run(static () => { });
            Assert.Same(Shard, Shard.Current);
        });
    }
}
