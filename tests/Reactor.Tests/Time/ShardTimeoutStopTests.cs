using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

public sealed class ShardTimeoutStopTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task The_stop_of_the_shard_fires_timeouts_on_it()
    {
        var host = new TestHost();
        var seen = new TaskCompletionSource<(Shard?, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        ShardTimeout timeout = await host.Run(() =>
        {
            ShardTimeout timeout = Shard.Timeout(s_hour);
            timeout.Token.Register(() => seen.SetResult((Shard.Current, timeout.HasElapsed)));
            return timeout;
        });
        await host.DisposeAsync();
        Assert.Equal((host.Shard, false), await Eventually.Ends(seen.Task, "the cancellation"));
        timeout.Dispose();
        timeout.Dispose();
        Assert.Throws<ObjectDisposedException>(() => timeout.HasElapsed);
    }

    [Fact]
    public async Task What_is_registered_and_throws_does_not_keep_other_waits_from_ending()
    {
        var host = new TestHost();
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await host.Run(() =>
        {
            _ = DelayAsync();
            Shard.Timeout(s_hour).Token.Register(static () => throw new InvalidDataException());
            return 0;
        });
        await host.DisposeAsync();
        Assert.IsType<ObjectDisposedException>(await Eventually.Ends(ended.Task, "the delay"));
        Assert.Single(host.Unhandled);

        async Task DelayAsync() => ended.SetResult(await Record.ExceptionAsync(async () => await Shard.Delay(s_hour)));
    }

    [Fact]
    public async Task A_timeout_begun_while_the_shard_stops_has_fired()
    {
        var host = new TestHost();
        var seen = new TaskCompletionSource<(bool, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await host.Run(() =>
        {
            Shard.Timeout(s_hour).Token.Register(() =>
            {
                using ShardTimeout late = Shard.Timeout(s_hour);
                seen.SetResult((late.Token.IsCancellationRequested, late.HasElapsed));
            });
            return 0;
        });
        await host.DisposeAsync();
        Assert.Equal((true, false), await Eventually.Ends(seen.Task, "the late timeout"));
    }

    [Fact]
    public async Task A_linked_token_that_fires_after_the_stop_is_harmless()
    {
        var host = new TestHost();
        using var linked = new CancellationTokenSource();
        ShardTimeout timeout = await host.Run(() => Shard.Timeout(s_hour, linked.Token));
        await host.DisposeAsync();
        linked.Cancel();
        Assert.True(timeout.Token.IsCancellationRequested);
        timeout.Dispose();
    }
}
