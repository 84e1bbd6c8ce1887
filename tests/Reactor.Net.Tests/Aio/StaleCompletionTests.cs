namespace Reactor.Net.Tests.Aio;

public sealed class StaleCompletionTests : ShardTest
{
    [Fact]
    public Task A_poll_that_fires_for_a_cancelled_receive_is_counted_as_stale() => OnShard(async () =>
    {
        using Pair pair = await Pair.AcceptAsync();
        using var cancellation = new CancellationTokenSource();
        ValueTask<int> receiving = pair.Ours.ReceiveAsync(new byte[16], cancellation.Token);
        await NextTurn();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receiving);
        long stale = Shard.GetStatistics().StaleCompletions;

        await pair.Peer.SendAllAsync("x"u8.ToArray());

        await Eventually.IsEqualAsync(stale + 1, () => Shard.GetStatistics().StaleCompletions, "stale completions");
        Assert.Equal(1, await pair.Ours.ReceiveAsync(new byte[16]));
    });
}
