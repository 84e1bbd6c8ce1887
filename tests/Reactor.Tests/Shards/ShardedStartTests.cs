using Reactor.Tests.Support;

namespace Reactor.Tests.Shards;

/// <summary>Starts that fail: nothing that was made is left, and nothing hangs.</summary>
public sealed class ShardedStartTests
{
    private readonly Tracker _tracker = new();

    public static TheoryData<int, bool, bool> Hosts => CallAllTests.Hosts;

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_failed_start_of_one_disposes_the_others_at_home_and_throws(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        Shard? home = Shard.Current;
        for (int failing = 0; failing < shards; failing++)
        {
            Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, async shard =>
            {
                await Shard.Delay(TimeSpan.FromMilliseconds(shard.Id));
                return shard.Id == failing ? throw new TimeZoneNotFoundException() : Make(shard);
            });
            TimeZoneNotFoundException exception = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => start);
            Assert.Contains(nameof(A_failed_start_of_one_disposes_the_others_at_home_and_throws), exception.StackTrace, StringComparison.Ordinal);
            Assert.Same(home, Shard.Current);
            Assert.Equal((shards - 1) * (failing + 1), _tracker.Made.Count);
            _tracker.AllDisposedAtHome();
        }
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_start_that_fails_on_several_shards_tells_of_all_and_of_failed_disposals_too(int shards, bool useContext, bool fromShard) => Run(shards, useContext, fromShard, async host =>
    {
        _tracker.OnDispose = static _ => throw new InvalidTimeZoneException();
        Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, async shard =>
        {
            // The last fails first.
            await Shard.Delay(TimeSpan.FromMilliseconds(2 * (shards - shard.Id)));
            return shard.Id % 2 == 0 ? throw new TimeZoneNotFoundException($"of {shard.Id}") : Make(shard);
        });
        Assert.Equal("of 0", (await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => start)).Message);
        IReadOnlyCollection<Exception> all = start.Exception!.InnerExceptions;
        Assert.Equal(Enumerable.Range(0, shards).Where(shard => shard % 2 == 0).Select(shard => $"of {shard}"), all.OfType<TimeZoneNotFoundException>().Select(each => each.Message));
        Assert.Equal(shards / 2, all.OfType<InvalidTimeZoneException>().Count());
        _tracker.AllDisposedAtHome();
    });

    [Fact]
    public async Task A_factory_that_throws_everywhere_at_once_does_not_hang()
    {
        await using var host = TestHost.Many(4);
        for (int round = 0; round < 100; round++)
        {
            Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, Tracked (_) => throw new TimeZoneNotFoundException());
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Eventually.Ends(start, "the start"));
            Assert.Equal(4, start.Exception!.InnerExceptions.Count);
        }
    }

    [Fact]
    public async Task A_factory_that_returns_null_is_told_so()
    {
        await using var host = TestHost.Many(2);
        string message = (await Assert.ThrowsAsync<InvalidOperationException>(() => Sharded<Tracked>.StartAsync(host.Host, shard => shard.Id == 1 ? null! : Make(shard)))).Message;
        Assert.Contains("Sharded<Tracked>", message, StringComparison.Ordinal);
        Assert.Contains("shard 1", message, StringComparison.Ordinal);
        _tracker.AllDisposedAtHome();
    }

    [Fact]
    public async Task A_factory_that_is_cancelled_cancels_the_start()
    {
        await using var host = TestHost.Many(2);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, shard => shard.Id == 1 ? throw new OperationCanceledException(cancellation.Token) : Make(shard));
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.True(start.IsCanceled);
        _tracker.AllDisposedAtHome();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_on_a_stopped_host_throws_and_makes_nothing(bool useContext)
    {
        var host = TestHost.Many(2, useContext);
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(Sharded<Tracked>.StartAsync(host.Host, Make), "the start"));
        Assert.Empty(_tracker.Made);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_factory_makes_after_the_stop_has_ended_the_start_is_disposed(bool useContext)
    {
        var host = TestHost.Many(2, useContext);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, async _ =>
        {
            Interlocked.Increment(ref begun);
            await gate.Task;
            return _tracker.Make();
        });
        await Eventually.Comes(() => Volatile.Read(ref begun) == 2, "both factories run");
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Eventually.Ends(start, "the start"));
        Assert.Empty(_tracker.Made);
        gate.SetResult();
        await Eventually.Comes(() => _tracker.Made.Count == 2 && _tracker.Made.All(own => !own.DisposedOn.IsEmpty), "both disposals");
        _tracker.AllDisposedOnce();
        Assert.Empty(host.Unhandled);
    }

    [Fact]
    public async Task What_such_a_disposal_throws_is_told()
    {
        var host = TestHost.Many(1);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _tracker.OnDispose = static _ => throw new TimeZoneNotFoundException();
        var begun = new TaskCompletionSource();
        Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, async _ =>
        {
            begun.SetResult();
            await gate.Task;
            return _tracker.Make();
        });
        await begun.Task;
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => start);
        gate.SetResult();
        await Eventually.Comes(() => !host.Unhandled.IsEmpty, "the report");
        Assert.IsType<TimeZoneNotFoundException>(Assert.Single(host.Unhandled));
    }

    /// <remarks>Whatever the moment: the start fails with the stop's exception or the service has to be disposed; and everything that was made has been disposed, once.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_that_races_with_the_stop_ends_and_leaves_nothing(bool useContext)
    {
        int failed = 0;
        var random = new Random(1);
        for (int round = 0; round < 50; round++)
        {
            var host = TestHost.Many(4, useContext);
            Task<Sharded<Tracked>> start = Sharded<Tracked>.StartAsync(host.Host, async shard =>
            {
                await Shard.Delay(TimeSpan.FromMicroseconds(shard.Id * 20), CancellationToken.None);
                if (useContext)
                {
                    await Task.Yield();
                }

                return _tracker.Make();
            });
            Thread.SpinWait(random.Next(10_000));
            Task stop = host.DisposeAsync().AsTask();
            try
            {
                await using Sharded<Tracked> service = await Eventually.Ends(start, $"the start, in round {round}");
            }
            catch (ObjectDisposedException)
            {
                failed++;
            }

            await stop;
            await Eventually.Comes(() => _tracker.Made.All(own => !own.DisposedOn.IsEmpty), "every disposal");
            _tracker.AllDisposedOnce();
        }

        Assert.True(failed > 0, "the stop never came in between");
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
}
