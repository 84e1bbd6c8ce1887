using Reactor.Tests.Support;

namespace Reactor.Tests.Time;

[Collection(Alone.Name)]
public sealed class AllocationTests : ShardTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(50, false)]
    [InlineData(50, true)]
    public Task A_delay_allocates_nothing(int microseconds, bool withToken) => Host.Run(async () =>
    {
        const int WarmUp = 100;
        using var cancellation = new CancellationTokenSource();
        CancellationToken token = withToken ? cancellation.Token : CancellationToken.None;
        long before = 0;
        for (int i = 0; i < 6 * WarmUp; i++)
        {
            if (i == WarmUp)
            {
                before = Allocations.Begin();
            }

            await Shard.Delay(TimeSpan.FromMicroseconds(microseconds), token);
        }

        Assert.Equal(0, Allocations.Since(before));
    });

    [Fact]
    public Task A_periodic_timer_allocates_nothing_per_call() => Host.Run(async () =>
    {
        var done = new TaskCompletionSource<long>();
        int calls = 0;
        long before = 0;
        using ITimer timer = Shard.TimeProvider.CreateTimer(
            _ =>
            {
                if (++calls == 100)
                {
                    before = Allocations.Begin();
                }
                else if (calls == 600)
                {
                    done.SetResult(Allocations.Since(before));
                }
            },
            null,
            TimeSpan.Zero,
            TimeSpan.FromMicroseconds(50));
        Assert.Equal(0, await done.Task);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_timeout_allocates_nothing(bool isLinked) => Host.Run(async () =>
    {
        const int WarmUp = 200;
        using var linked = new CancellationTokenSource();
        CancellationToken token = isLinked ? linked.Token : CancellationToken.None;
        var operation = new EventOperation();
        long before = 0;
        for (int i = 0; i < 10 * WarmUp; i++)
        {
            if (i == WarmUp)
            {
                before = Allocations.Begin();
            }

            using ShardTimeout timeout = Shard.Timeout(TimeSpan.FromHours(1), token);
            operation.Signal();
            await operation.WaitAsync(timeout.Token);
            await Shard.Delay(TimeSpan.Zero, timeout.Token);
        }

        Assert.Equal(0, Allocations.Since(before));
        operation.Close();
    });
}
