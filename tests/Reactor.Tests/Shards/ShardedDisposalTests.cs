using System.Collections.Concurrent;
using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>The end of a service: every instance at home, once, whatever fails or stops.</summary>
public sealed class ShardedDisposalTests
{
    private readonly Tracker _tracker = new();

    public static TheoryData<int, bool, bool> Hosts => CallAllTests.Hosts;

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Disposing_disposes_every_instance_once_on_its_shard(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        _tracker.OnDispose = static async own =>
        {
            await Shard.Delay(TimeSpan.Zero);
            Assert.Same(own.MadeOn, Shard.Current);
        };
        Shard? home = Shard.Current;
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        await service.DisposeAsync();
        Assert.Same(home, Shard.Current);
        Assert.Equal(shards, _tracker.Made.Count);
        _tracker.AllDisposedAtHome();
        await service.DisposeAsync();
        Assert.Same(home, Shard.Current);
        _tracker.AllDisposedAtHome();
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_disposed_service_throws(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        await service.DisposeAsync();
        await host.Host.InvokeOnAllAsync(() =>
        {
            string message = Assert.Throws<ObjectDisposedException>(() => service.Local).Message;
            Assert.Contains("Sharded<Tracked>", message, StringComparison.Ordinal);
        });
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await service.InvokeOnAsync(host.Shard, static own => own.Number));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.InvokeOnAllAsync(static own => { own.Number++; }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.MapReduceAsync(static own => own.Number, Math.Max));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task All_are_disposed_even_if_some_throw(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        _tracker.OnDispose = async own =>
        {
            if (own.Number == 0)
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(3));
                throw new TimeZoneNotFoundException();
            }

            if (own.Number == shards - 1)
            {
                throw new InvalidTimeZoneException();
            }
        };
        Shard? home = Shard.Current;
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        Task disposal = service.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => disposal);
        Assert.Same(home, Shard.Current);
        Assert.Equal(Math.Min(shards, 2), disposal.Exception!.InnerExceptions.Count);
        _tracker.AllDisposedAtHome();

        // The second call ends like the first.
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await service.DisposeAsync());
        _tracker.AllDisposedAtHome();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_disposal_waits_for_the_first(bool useContext)
    {
        await using var host = TestHost.Many(2, useContext);
        var gate = new TaskCompletionSource();
        _tracker.OnDispose = async _ => await gate.Task;
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        Task first = service.DisposeAsync().AsTask();
        Task second = service.DisposeAsync().AsTask();
        Task onShard = host.Run(async () =>
        {
            await service.DisposeAsync();
            Assert.Same(host.Shard, Shard.Current);
        });
        await Eventually.Comes(() => _tracker.Made.All(own => own.DisposedOn.Count == 1), "all disposals have begun");
        await host.Host.InvokeOnAllAsync(() => { });
        Assert.False(first.IsCompleted || second.IsCompleted || onShard.IsCompleted);
        gate.SetResult();
        await Eventually.Ends(Task.WhenAll(first, second, onShard), "all disposals");
        _tracker.AllDisposedAtHome();
    }

    [Fact]
    public async Task Instances_that_are_only_disposable_or_not_even_that_are_dealt_with()
    {
        await using var host = TestHost.Many(2);
        var disposedOn = new ConcurrentQueue<Shard?>();
        await using (Sharded<Disposable> service = await Sharded<Disposable>.StartAsync(host.Host, _ => new Disposable(disposedOn)))
        {
        }

        Assert.Equal(host.Shards, disposedOn.OrderBy(shard => shard!.Id)!);
        await using Sharded<List<int>> plain = await Sharded<List<int>>.StartAsync(host.Host, static _ => []);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposing_after_the_host_has_stopped_disposes_everything_on_the_thread_pool(bool useContext)
    {
        var host = TestHost.Many(4, useContext);
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        await host.DisposeAsync();
        await Eventually.Ends(service.DisposeAsync().AsTask(), "the disposal");
        Assert.Equal(4, _tracker.Made.Count);
        Assert.All(_tracker.Made, own => Assert.Equal([null], own.DisposedOn));
        await Eventually.Ends(service.DisposeAsync().AsTask(), "the second disposal");
        _tracker.AllDisposedOnce();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_disposal_that_races_with_the_stop_ends_and_disposes_everything_once(bool useContext, bool fromShard)
    {
        var random = new Random(1);
        for (int round = 0; round < 50; round++)
        {
            var host = TestHost.Many(4, useContext);
            var tracker = new Tracker { OnDispose = round % 2 == 0 ? null : static _ => Shard.Current is null ? default : Shard.Delay(TimeSpan.FromMicroseconds(10)) };
            Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, _ => tracker.Make());
            var disposal = new TaskCompletionSource();
            if (fromShard)
            {
                host.Shard.Post(() => _ = Dispose());
            }
            else
            {
                _ = Task.Run(Dispose);
            }

            Thread.SpinWait(random.Next(30_000));
            await host.DisposeAsync();
            try
            {
                await Eventually.Ends(disposal.Task, $"the disposal, in round {round}");
            }
            catch (ObjectDisposedException)
            {
                // Of the objects: their waits end with the stop.
                Assert.NotNull(tracker.OnDispose);
            }

            Assert.Equal(4, tracker.Made.Count);
            tracker.AllDisposedOnce();

            async Task Dispose()
            {
                try
                {
                    await service.DisposeAsync();
                    disposal.SetResult();
                }
                catch (Exception exception)
                {
                    disposal.SetException(exception);
                }
            }
        }
    }

    [Fact]
    public async Task A_disposal_that_never_ends_is_given_up_by_the_stop()
    {
        var host = TestHost.Many(2);
        _tracker.OnDispose = static async _ => await new TaskCompletionSource().Task;
        Sharded<Tracked> service = await Sharded<Tracked>.StartAsync(host.Host, Make);
        Task disposal = service.DisposeAsync().AsTask();
        await Eventually.Comes(() => _tracker.Made.All(own => own.DisposedOn.Count == 1), "both disposals have begun");
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(disposal, "the disposal"));
        _tracker.AllDisposedAtHome();
    }

    private static async Task Run(int shards, bool useContext, bool fromShard, Func<TestHost, Task> body)
    {
        await using var host = TestHost.Many(shards, useContext);
        await (fromShard ? TestHost.On(host.Shards[^1], () => body(host)) : Eventually.Ends(Task.Run(() => body(host)), "the body"));
        Assert.Empty(host.Unhandled);
    }

    private Tracked Make(Shard shard)
    {
        Assert.Same(shard, Shard.Current);
        return _tracker.Make();
    }

    private sealed class Disposable(ConcurrentQueue<Shard?> disposedOn) : IDisposable
    {
        public void Dispose() => disposedOn.Enqueue(Shard.Current);
    }
}
