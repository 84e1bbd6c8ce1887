using Reactor.Shards;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>Calls that call: nobody waits for a place that only the waiting one could free.</summary>
public sealed class CrossShardNestingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_goes_from_shard_to_shard_and_all_the_way_back(bool useContext)
    {
        await using var host = TestHost.Many(4, useContext);
        IReadOnlyList<Shard> shards = host.Shards;
        await host.Run(async () =>
        {
            string way = await shards[1].InvokeAsync(async () =>
            {
                string inner = await shards[2].InvokeAsync(async () =>
                {
                    string innermost = await shards[3].InvokeAsync(() => $"{Shard.Current!.Id}");
                    return $"{Shard.Current!.Id}{innermost}{Shard.Current!.Id}";
                });
                return $"{Shard.Current!.Id}{inner}{Shard.Current!.Id}";
            });
            Assert.Equal("0123210", $"{Shard.Current!.Id}{way}{Shard.Current!.Id}");
        });
    }

    /// <remarks>Far deeper than a lane has places: all these calls are away at the same time.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_shards_call_each_other_deeper_than_a_lane_has_places(bool useContext)
    {
        const int Depth = 4 * ShardLane.Capacity + 1;
        await using var host = TestHost.Many(2, useContext);
        Assert.Equal(Depth, await host.Run(() => Descend(host.Shards, Depth).AsTask()));
    }

    /// <remarks>Both lanes are full of requests and of answers at once, in both directions.</remarks>
    [Fact]
    public async Task Many_chains_of_calls_both_ways_at_once_all_end()
    {
        const int Chains = 2 * ShardLane.Capacity;
        const int Depth = 20;
        await using var host = TestHost.Many(2);
        Task[] sides =
        [
            .. host.Shards.Select(shard => TestHost.On(shard, async () =>
            {
                Task<int>[] chains = [.. Enumerable.Range(0, Chains).Select(_ => Descend(host.Shards, Depth).AsTask())];
                Assert.All(await Task.WhenAll(chains), depth => Assert.Equal(Depth, depth));
                Assert.Same(shard, Shard.Current);
            })),
        ];
        await Task.WhenAll(sides);
    }

    [Fact]
    public async Task A_ring_of_shards_passes_a_call_round_and_round()
    {
        await using var host = TestHost.Many(4);
        Assert.Equal(1000, await host.Run(() => Descend(host.Shards, 1000).AsTask()));
    }

    /// <remarks>Each call is itself the answer to a call: lanes must not wait for each other.</remarks>
    [Fact]
    public async Task More_calls_than_a_lane_has_places_are_answered_by_calls_back()
    {
        const int Calls = 4 * ShardLane.Capacity;
        await using var host = TestHost.Many(2);
        await host.Run(async () =>
        {
            int called = 0;
            Task[] calls = [.. Enumerable.Range(0, Calls).Select(_ => host.Shards[1].InvokeAsync(async () => await host.Shard.InvokeAsync(() => { called++; })).AsTask())];
            await Task.WhenAll(calls);
            Assert.Equal(Calls, called);
        });
    }

    /// <remarks>
    /// The sender sleeps while most of its calls wait for room, and no answer wakes it: none comes before all have arrived.
    /// It has to be told that there is room.
    /// </remarks>
    [Fact]
    public async Task A_sleeping_sender_is_told_that_its_full_lane_has_room_again()
    {
        const int Calls = 4 * ShardLane.Capacity;
        await using var host = TestHost.Many(2);
        using var release = new ManualResetEventSlim();
        var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task blocker = host.Shards[1].InvokeAsync(() =>
        {
            blocks.SetResult();
            Assert.True(release.Wait(Eventually.Deadline), "nobody released the shard");
        }).AsTask();
        await blocks.Task;
        int arrived = 0;
        var allHaveArrived = new TaskCompletionSource();
        var sent = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task sender = host.Run(async () =>
        {
            Task all = Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => host.Shards[1].InvokeAsync(async () =>
            {
                if (++arrived == Calls)
                {
                    allHaveArrived.SetResult();
                }

                await allHaveArrived.Task;
            }).AsTask()));
            sent.SetResult(host.Shard.GetStatistics().Sleeps);
            await all;
        });
        long sleeps = await Eventually.Ends(sent.Task, "the calls are sent");
        Eventually.Until(() => host.Shard.GetStatistics().Sleeps > sleeps, "the sender sleeps");
        release.Set();
        await Task.WhenAll(sender, blocker);
    }

    private static async ValueTask<int> Descend(IReadOnlyList<Shard> shards, int depth)
    {
        if (depth == 0)
        {
            return 0;
        }

        Shard here = Shard.Current!;
        Shard next = shards[(here.Id + 1) % shards.Count];
        int below = await next.InvokeAsync(static call => Descend(call.shards, call.depth), (shards, depth: depth - 1));
        Assert.Same(here, Shard.Current);
        return below + 1;
    }
}
