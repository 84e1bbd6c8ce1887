using Microsoft.Extensions.DependencyInjection;
using Reactor.Tests.Support;

namespace Reactor.Tests.Hosting;

/// <summary>Services with an instance on each shard, as singletons of the application.</summary>
public sealed class ShardedServiceTests
{
    [Fact]
    public async Task Instances_are_made_on_their_shards_and_disposed_there()
    {
        var tracker = new Tracker();
        TestApplication application = await TestApplication.StartAsync(services => services.AddSharded((_, _) => tracker.Make()));
        ReactorHost host = application.Reactor;

        Assert.Equal(host.Shards, tracker.Made.Select(made => made.MadeOn!).OrderBy(shard => shard.Id));
        await application.DisposeAsync();
        tracker.AllDisposedAtHome();
    }

    [Fact]
    public async Task A_type_is_constructed_with_services_scoped_ones_from_the_scope_of_its_shard()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services
            .AddSingleton<Ledger>()
            .AddScoped<PerShard>()
            .AddSharded<Counter>()
            .AddSharded<OtherCounter>());
        Sharded<Counter> counters = application.Services.GetRequiredService<Sharded<Counter>>();
        Sharded<OtherCounter> others = application.Services.GetRequiredService<Sharded<OtherCounter>>();

        (PerShard Own, PerShard Other, Shard? Shard)[] seen = await Task.WhenAll(application.Reactor.Shards.Select(
            shard => shard.InvokeAsync(() => (counters.Local.Scoped, others.Local.Scoped, Shard.Current)).AsTask()));

        Assert.All(seen, each => Assert.Same(each.Own, each.Other));
        Assert.All(seen, each => Assert.Same(each.Shard, each.Own.MadeOn));
        Assert.NotSame(seen[0].Own, seen[1].Own);
    }

    [Fact]
    public async Task The_scope_of_a_shard_is_disposed_on_it_after_the_instances()
    {
        var ledger = new Ledger();
        await using (TestApplication application = await TestApplication.StartAsync(services => services.AddSingleton(ledger).AddScoped<PerShard>().AddSharded<Counter>()))
        {
            Assert.Empty(ledger.Lines);
        }

        foreach (int shard in (int[])[0, 1])
        {
            Assert.Equal([$"counter of {shard} on {shard}", $"scoped of {shard} on {shard}"], ledger.Lines.Where(line => line.Contains($"of {shard}", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_service_counts_over_all_shards_in_one_line()
    {
        await using TestApplication application = await TestApplication.StartAsync(services => services.AddSingleton<Ledger>().AddScoped<PerShard>().AddSharded<Counter>());
        Sharded<Counter> counters = application.Services.GetRequiredService<Sharded<Counter>>();
        await counters.InvokeOnAllAsync(static counter => counter.Count += 5);

        Assert.Equal(10, await counters.MapReduceAsync(static counter => counter.Count, static (a, b) => a + b));
    }

    [Fact]
    public async Task It_may_be_injected_before_the_start_and_says_what_to_wait_for()
    {
        await using var application = new TestApplication(services => services.AddSharded((_, _) => new object()));
        Sharded<object> sharded = application.Services.GetRequiredService<Sharded<object>>();

        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => sharded.InvokeOnAllAsync(static _ => { }));

        Assert.Contains("made when the application's host starts", refusal.Message, StringComparison.Ordinal);
        await application.StartAsync();
        await sharded.InvokeOnAllAsync(static _ => { });
    }

    [Fact]
    public async Task Hosted_services_find_it_started()
    {
        int count = 0;
        await using TestApplication application = await TestApplication.StartAsync(services => services
            .AddHostedService(provider => new Starting(() => count = provider.GetRequiredService<Sharded<List<int>>>().MapReduceAsync(static list => list.Count, static (a, b) => a + b).GetAwaiter().GetResult()))
            .AddSharded<List<int>>((_, shard) => [1, 2, 3]));

        Assert.Equal(6, count);
    }

    [Fact]
    public async Task An_instance_that_cannot_be_made_fails_the_start_and_leaves_nothing()
    {
        var tracker = new Tracker();
        var application = new TestApplication(services => services
            .AddSharded((_, _) => tracker.Make())
            .AddSharded<object>((_, shard) => shard.Id == 1 ? throw new InvalidDataException("no table") : new object()));
        ReactorHost host = application.Reactor;

        await Assert.ThrowsAsync<InvalidDataException>(() => application.StartAsync());

        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));
        tracker.AllDisposedOnce();
        Assert.Contains("no table", Assert.Single(application.Log.Of("Reactor", 3)).Message, StringComparison.Ordinal);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task What_a_disposal_throws_is_logged_and_the_shards_stop_all_the_same()
    {
        var tracker = new Tracker { OnDispose = _ => throw new InvalidDataException("not flushed") };
        TestApplication application = await TestApplication.StartAsync(services => services.AddSharded((_, _) => tracker.Make()));
        ReactorHost host = application.Reactor;

        await application.StopAsync();

        Assert.IsType<InvalidDataException>(Assert.Single(application.Log.Of("Reactor", 6)).Exception);
        Assert.All(host.Shards, shard => Assert.True(shard.HasStopped));

        // As with every other service whose disposal fails.
        await Assert.ThrowsAsync<InvalidDataException>(async () => await application.DisposeAsync());
    }

    [Fact]
    public void A_type_is_added_once()
    {
        IServiceCollection services = new ServiceCollection().AddSharded((_, _) => new object());

        Assert.Throws<InvalidOperationException>(() => services.AddSharded((_, _) => new object()));
    }

    private sealed class Ledger
    {
        private readonly Lock _lock = new();

        internal List<string> Lines { get; } = [];

        internal void Write(string line)
        {
            lock (_lock)
            {
                Lines.Add(line);
            }
        }
    }

    private sealed class PerShard(Ledger ledger) : IDisposable
    {
        internal Shard? MadeOn { get; } = Shard.Current;

        public void Dispose() => ledger.Write($"scoped of {MadeOn?.Id} on {Shard.Current?.Id}");
    }

    private sealed class Counter(PerShard scoped, Ledger ledger) : IDisposable
    {
        private readonly int _id = Shard.Current!.Id;

        internal PerShard Scoped => scoped;

        internal int Count { get; set; }

        public void Dispose() => ledger.Write($"counter of {_id} on {Shard.Current?.Id}");
    }

    private sealed class OtherCounter(PerShard scoped)
    {
        internal PerShard Scoped => scoped;
    }
}
