using Reactor.Tests.Support;

namespace Reactor.Tests.Aio;

public sealed class AbandonedPollTests : ShardTests
{
    [Fact]
    public Task The_poll_of_a_cancelled_await_serves_the_next_one() => Host.Run(async () =>
    {
        var operation = new EventOperation();
        long submitted = Shard.GetStatistics().PollsSubmitted;
        using var cancellation = new CancellationTokenSource();
        ValueTask<ulong> future = operation.WaitAsync(cancellation.Token);
        await Turn.Ends();
        Assert.Equal(submitted + 1, Shard.GetStatistics().PollsSubmitted);
        cancellation.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await future);
        ValueTask<ulong> next = operation.WaitAsync();
        operation.Signal();
        Assert.Equal(1UL, await next);
        Assert.Equal(submitted + 1, Shard.GetStatistics().PollsSubmitted);
        operation.Close();
    });
}
