using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

public sealed class MapReduceTests
{
    public static TheoryData<int, bool, bool> Hosts => CallAllTests.Hosts;

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Every_form_reduces_in_the_order_of_the_shards(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        ReactorHost all = host.Host;
        string ids = string.Concat(Enumerable.Range(0, shards));
        Assert.Equal(ids, await all.MapReduceAsync(static shard => OnIt(shard), static (left, right) => left + right));
        Assert.Equal(ids, await all.MapReduceAsync(static shard => OnItLater(shard), static (left, right) => left + right));
        Assert.Equal(ids, await all.MapReduceAsync(static shard => OnItLater(shard).AsTask(), static (left, right) => left + right));
        Assert.Equal(ids, await all.MapReduceAsync(static async shard => await OnItLater(shard), static (left, right) => left + right));
        Assert.Equal([.. Enumerable.Range(0, shards)], await all.MapReduceAsync(static shard => int.Parse(OnIt(shard)), new List<int>(), Append));
        Assert.Equal([.. Enumerable.Range(0, shards)], await all.MapReduceAsync(static async shard => int.Parse(await OnItLater(shard)), new List<int>(), Append));
        Assert.Equal([.. Enumerable.Range(0, shards)], await all.MapReduceAsync(static shard => Task.FromResult(int.Parse(OnIt(shard))), new List<int>(), Append));

        static List<int> Append(List<int> list, int id) => [.. list, id];

        static string OnIt(Shard shard)
        {
            Assert.Same(shard, Shard.Current);
            return $"{shard.Id}";
        }

        // The last shard answers first.
        static async ValueTask<string> OnItLater(Shard shard)
        {
            await Shard.Delay(TimeSpan.FromMilliseconds(8 - 2 * shard.Id));
            return OnIt(shard);
        }
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task The_reduction_runs_at_the_callers(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        Shard? home = Shard.Current;
        Shard?[] reducedOn = await host.Host.MapReduceAsync(
            static async shard =>
            {
                await Task.Run(static () => { });
                return shard;
            },
            Array.Empty<Shard?>(),
            static (seen, _) => [.. seen, Shard.Current]);
        Assert.Equal(Enumerable.Repeat(home, shards), reducedOn);
        Assert.Same(home, Shard.Current);
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task All_have_ended_even_if_some_fail_and_nothing_is_reduced(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        int[] ran = new int[shards];
        Task<int> all = host.Host.MapReduceAsync(
            async shard =>
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(2 * (shards - shard.Id)));
                ran[shard.Id]++;
                return shard.Id == 0 ? throw new TimeZoneNotFoundException() : shard.Id == shards - 1 ? throw new InvalidTimeZoneException() : shard.Id;
            },
            (_, _) => throw new InvalidOperationException("reduced"));
        TimeZoneNotFoundException first = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => all);
        Assert.Contains(nameof(All_have_ended_even_if_some_fail_and_nothing_is_reduced), first.StackTrace, StringComparison.Ordinal);
        Assert.All(ran, count => Assert.Equal(1, count));
        Assert.Equal(Math.Min(shards, 2), all.Exception!.InnerExceptions.Count);
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_reduction_that_throws_fails_it(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => host.Host.MapReduceAsync(
            static shard => shard.Id, 0, static int (_, _) => throw new TimeZoneNotFoundException()));
        Assert.Equal(fromShard, Shard.Current is not null);
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_token_that_has_fired_keeps_it_from_running(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        Task<int> all = host.Host.MapReduceAsync(int (_) => throw new InvalidOperationException("it ran"), Math.Max, cancellation.Token);
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.True(all.IsCanceled);
    });

    [Fact]
    public async Task The_only_shards_value_is_not_reduced()
    {
        await using var host = TestHost.Many(1);
        Assert.Equal(0, await host.Host.MapReduceAsync(static shard => shard.Id, static int (_, _) => throw new InvalidOperationException("there is nothing to reduce")));
    }

    [Fact]
    public async Task Nothing_to_run_is_refused_at_once()
    {
        await using var host = TestHost.Many(2);
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.MapReduceAsync((Func<Shard, int>)null!, Math.Max); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.MapReduceAsync(static shard => shard.Id, null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.MapReduceAsync((Func<Shard, Task<int>>)null!, 0, Math.Max); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.MapReduceAsync((Func<Shard, ValueTask<int>>)null!, 0, Math.Max); });
        Assert.Throws<ArgumentNullException>(() => { _ = host.Host.MapReduceAsync(static shard => shard.Id, 0, null!); });
    }

    /// <remarks>Every shard asks all others at the same time: nobody waits for a shard that waits for it.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_shards_may_ask_all_others_at_once(bool useContext)
    {
        await using var host = TestHost.Many(4, useContext);
        await Eventually.Ends(host.Host.InvokeOnAllAsync(async () =>
        {
            Shard home = Shard.Current!;
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal(6, await host.Host.MapReduceAsync(static shard => shard.Id, static (left, right) => left + right));
                Assert.Same(home, Shard.Current);
            }
        }), "all reductions");
    }

    private static async Task Run(int shards, bool useContext, bool fromShard, Func<TestHost, Task> body)
    {
        await using var host = TestHost.Many(shards, useContext);
        await (fromShard ? TestHost.On(host.Shards[^1], () => body(host)) : Eventually.Ends(Task.Run(() => body(host)), "the body"));
        Assert.Empty(host.Unhandled);
    }
}
