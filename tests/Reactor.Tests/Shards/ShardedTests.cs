using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>A service in use: its instances, and the calls to them.</summary>
public sealed class ShardedTests
{
    private readonly Tracker _tracker = new();

    public static TheoryData<int, bool, bool> Hosts => CallAllTests.Hosts;

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Every_shard_has_the_instance_that_was_made_on_it(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async (host, service) =>
    {
        Assert.Equal(shards, _tracker.Made.Count);
        Tracked[] locals = await host.Host.MapReduceAsync(_ => service.Local, Array.Empty<Tracked>(), static (list, local) => [.. list, local]);
        Assert.Equal(host.Shards, locals.Select(local => local.MadeOn!));
        Assert.Equal(shards, locals.Distinct().Count());
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Every_form_of_factory_runs_on_the_shard_that_it_is_given(int shards, bool useContext, bool fromShard)
    {
        await using var host = TestHost.Many(shards, useContext);
        await At(host, fromShard, async () =>
        {
            Shard? home = Shard.Current;
            await using Sharded<Tracked> first = await Sharded<Tracked>.StartAsync(host.Host, Make);
            await using Sharded<Tracked> second = await Sharded<Tracked>.StartAsync(host.Host, MakeLater);
            await using Sharded<Tracked> third = await Sharded<Tracked>.StartAsync(host.Host, shard => MakeLater(shard).AsTask());
            await using Sharded<Tracked> fourth = await Sharded<Tracked>.StartAsync(host.Host, async shard => await MakeLater(shard));
            Assert.Same(home, Shard.Current);
            Assert.Equal(4 * shards, _tracker.Made.Count);
        });
        _tracker.AllDisposedAtHome();
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_call_in_every_form_reaches_the_instance_of_the_shard(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async (host, service) =>
    {
        using var cancellation = new CancellationTokenSource();
        foreach (Shard shard in host.Shards)
        {
            Assert.Equal(shard.Id, await service.InvokeOnAsync(shard, Number));
            Assert.Equal(shard.Id + 5, await service.InvokeOnAsync(shard, static (own, more) => Number(own) + more, 5, cancellation.Token));
            Assert.Equal(shard.Id, await service.InvokeOnAsync(shard, NumberLater, cancellation.Token));
            Assert.Equal(shard.Id + 5, await service.InvokeOnAsync(shard, static async (own, more) => await NumberLater(own) + more, 5));
            Assert.Equal(shard.Id, await service.InvokeOnAsync(shard, own => NumberLater(own).AsTask()));
            Assert.Equal(shard.Id + 5, await service.InvokeOnAsync(shard, static (own, more) => Task.FromResult(Number(own) + more), 5));
            await service.InvokeOnAsync(shard, own => { own.Number++; });
            await service.InvokeOnAsync(shard, static (own, more) => { own.Number += more; }, 10);
            await service.InvokeOnAsync(shard, static async own => own.Number += 100 + 0 * await NumberLater(own));
            await service.InvokeOnAsync(shard, static async (own, more) => own.Number += more + 0 * await NumberLater(own), 1_000);
            await service.InvokeOnAsync(shard, static own => AddLater(own, 10_000));
            await service.InvokeOnAsync(shard, AddLater, 100_000);
            Assert.Equal(shard.Id + 111_111, await service.InvokeOnAsync(shard, Number));
        }
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_call_to_all_in_every_form_reaches_each_instance_once(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async (host, service) =>
    {
        Shard? home = Shard.Current;
        await service.InvokeOnAllAsync(own => { own.Number++; });
        await service.InvokeOnAllAsync(static (own, more) => { own.Number += more; }, 10);
        await service.InvokeOnAllAsync(static async own => own.Number += 100 + 0 * await NumberLater(own));
        await service.InvokeOnAllAsync(static async (own, more) => own.Number += more + 0 * await NumberLater(own), 1_000);
        await service.InvokeOnAllAsync(static own => AddLater(own, 10_000));
        await service.InvokeOnAllAsync(AddLater, 100_000);
        Assert.Same(home, Shard.Current);
        Assert.Equal(host.Shards.Select(shard => shard.Id + 111_111), _tracker.Made.Select(own => own.Number).Order());
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Every_form_of_reduction_is_in_the_order_of_the_shards(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async (_, service) =>
    {
        string ids = string.Concat(Enumerable.Range(0, shards));
        Assert.Equal(ids, await service.MapReduceAsync(static own => $"{Number(own)}", static (left, right) => left + right));
        Assert.Equal(ids, await service.MapReduceAsync(static async own => $"{await NumberLater(own)}", static (left, right) => left + right));
        Assert.Equal(ids, await service.MapReduceAsync(static own => Task.FromResult($"{Number(own)}"), static (left, right) => left + right));
        Assert.Equal("." + ids, await service.MapReduceAsync(Number, ".", static (text, number) => text + number));
        Assert.Equal("." + ids, await service.MapReduceAsync(NumberLater, ".", static (text, number) => text + number));
        Assert.Equal("." + ids, await service.MapReduceAsync(static own => NumberLater(own).AsTask(), ".", static (text, number) => text + number));
    });

    [Fact]
    public Task A_thread_that_is_no_shard_has_no_local_instance() => Run(2, true, false, (_, service) =>
    {
        string message = Assert.Throws<InvalidOperationException>(() => service.Local).Message;
        Assert.Contains("Sharded<Tracked>", message, StringComparison.Ordinal);
        Assert.Contains("InvokeOnAsync", message, StringComparison.Ordinal);
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_shard_of_another_host_has_no_local_instance_and_cannot_be_called() => Run(2, true, false, async (_, service) =>
    {
        await using var other = TestHost.Many(1);
        await other.Run(async () =>
        {
            string message = Assert.Throws<InvalidOperationException>(() => service.Local).Message;
            Assert.Contains("another host", message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentException>(async () => await service.InvokeOnAsync(other.Shard, Number));

            // But it may call.
            Assert.Equal(1, await service.MapReduceAsync(Number, Math.Max));
        });
    });

    [Fact]
    public Task Nothing_to_run_is_refused_at_once() => Run(2, true, false, async (host, service) =>
    {
        Assert.Throws<ArgumentNullException>(() => { _ = Sharded<Tracked>.StartAsync(null!, static _ => new Tracked(new Tracker())); });
        Assert.Throws<ArgumentNullException>(() => { _ = Sharded<Tracked>.StartAsync(host.Host, (Func<Shard, Tracked>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = Sharded<Tracked>.StartAsync(host.Host, (Func<Shard, Task<Tracked>>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = Sharded<Tracked>.StartAsync(host.Host, (Func<Shard, ValueTask<Tracked>>)null!); });
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await service.InvokeOnAsync(null!, Number));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await service.InvokeOnAsync(host.Shard, (Func<Tracked, int>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await service.InvokeOnAllAsync((Action<Tracked>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await service.MapReduceAsync((Func<Tracked, int>)null!, Math.Max));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await service.MapReduceAsync(Number, null!));
    });

    [Fact]
    public Task A_call_that_throws_brings_its_exception_home() => Run(2, true, true, async (host, service) =>
    {
        foreach (Shard shard in host.Shards)
        {
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await service.InvokeOnAsync(shard, static int (_) => throw new TimeZoneNotFoundException()));
        }

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => service.InvokeOnAllAsync(static async _ =>
        {
            await Task.Yield();
            throw new TimeZoneNotFoundException();
        }));
    });

    private static int Number(Tracked own)
    {
        Assert.Same(own.MadeOn, Shard.Current);
        return own.Number;
    }

    private static async ValueTask<int> NumberLater(Tracked own)
    {
        await Shard.Delay(TimeSpan.Zero);
        return Number(own);
    }

    private static async Task AddLater(Tracked own, int more) => own.Number += more + 0 * await NumberLater(own);

    private static Task At(TestHost host, bool onShard, Func<Task> body) =>
        onShard ? TestHost.On(host.Shards[^1], body) : Eventually.Ends(Task.Run(body), "the body");

    private async Task Run(int shards, bool useContext, bool fromShard, Func<TestHost, Sharded<Tracked>, Task> body)
    {
        await using var host = TestHost.Many(shards, useContext);
        await At(host, fromShard, async () =>
        {
            await using Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
            await body(host, service);
        });
        _tracker.AllDisposedAtHome();
        Assert.Empty(host.Unhandled);
    }

    private Tracked Make(Shard shard)
    {
        Assert.Same(shard, Shard.Current);
        return _tracker.Make();
    }

    private async ValueTask<Tracked> MakeLater(Shard shard)
    {
        await Shard.Delay(TimeSpan.Zero);
        return Make(shard);
    }
}
