using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Reactor.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

/// <summary>Whose the meter is, and what is left of it.</summary>
public sealed class MeterTests
{
    [Fact]
    public async Task The_meter_of_a_host_without_a_factory_ends_with_it()
    {
        var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        Assert.NotEmpty(reader.Read());

        await host.DisposeAsync();

        Assert.Equal(reader.Instruments.Count, reader.Completed);
        Assert.Empty(reader.Read());
    }

    [Fact]
    public async Task A_factory_makes_the_meter_and_keeps_it()
    {
        using var factory = new TestMeterFactory();
        var host = new TestHost(options => options.MeterFactory = factory);
        Assert.Equal(1, factory.Count);
        Assert.Same(factory["Reactor"], host.Host.Metrics.Meter);
        using var reader = new MeterReader(factory["Reactor"]);
        Assert.NotEmpty(reader.Read());

        await host.DisposeAsync();

        Assert.Empty(reader.Read());
        Assert.Equal(0, reader.Completed);
        Assert.False(factory.WasDisposedByOthers);
    }

    [Fact]
    public async Task Hosts_with_factories_of_their_own_do_not_see_each_other()
    {
        using var factory = new TestMeterFactory();
        using var otherFactory = new TestMeterFactory();
        await using var host = new TestHost(options => options.MeterFactory = factory);
        await using var other = new TestHost(options => options.MeterFactory = otherFactory);
        using var reader = new MeterReader(factory["Reactor"]);
        using var otherReader = new MeterReader(otherFactory["Reactor"]);
        await host.Run(async () =>
        {
            for (int i = 0; i < 9; i++)
            {
                await Shard.Yield();
            }
        });

        Assert.Equal((9, 0), (reader.Read("reactor.yields", host.Shard), otherReader.Read("reactor.yields", other.Shard)));
        await other.DisposeAsync();
        Assert.Empty(otherReader.Read());
        Assert.Equal(9, reader.Read("reactor.yields", host.Shard));
    }

    [Fact]
    public async Task Hosts_that_come_and_go_on_one_factory_leave_neither_instruments_nor_shards()
    {
        using var factory = new TestMeterFactory();
        var first = new TestHost(options => options.MeterFactory = factory);
        using var reader = new MeterReader(factory["Reactor"]);
        int instruments = reader.Instruments.Count;
        await first.DisposeAsync();
        WeakReference[] hosts = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => StartObserveAndStop(factory)));

        Assert.Equal(instruments, reader.Instruments.Count);
        await Eventually.Comes(
            () =>
            {
                GC.Collect();
                return !hosts.Any(host => host.IsAlive);
            },
            "nothing holds on to the hosts");
        GC.KeepAlive(factory);
    }

    [Fact]
    public void A_factory_that_fails_fails_the_start()
    {
        using var factory = new FailingFactory();
        Assert.Throws<TimeZoneNotFoundException>(() => ReactorHost.Start(new ReactorOptions { Shards = 1, MeterFactory = factory }));
    }

    [Fact]
    public void A_start_that_fails_is_not_observed_any_more()
    {
        using var factory = new TestMeterFactory();
        var options = new ReactorOptions
        {
            Shards = 1,
            PollBudget = 256,
            MeterFactory = factory,
            Log = static line => _ = line.Contains("polls through", StringComparison.Ordinal) ? throw new TimeZoneNotFoundException() : 0,
        };
        Assert.Throws<TimeZoneNotFoundException>(() => ReactorHost.Start(options));

        using var reader = new MeterReader(factory["Reactor"]);
        Assert.NotEmpty(reader.Instruments);
        Assert.Empty(reader.Read());
    }

    [Fact]
    public async Task Reading_during_load_never_throws_and_no_counter_goes_back()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        using var end = new CancellationTokenSource();
        Task observer = Task.Run(() =>
        {
            var last = new Dictionary<(string, int, object?, object?), double>();
            for (int round = 0; round < 2_000; round++)
            {
                foreach (MeterReader.Reading reading in reader.Read())
                {
                    // A group that is made anew begins at zero.
                    bool isLevel = reading.Instrument is ObservableUpDownCounter<long> || reading.Group == "passing";
                    (string, int, object?, object?) key = (reading.Name, reading.Shard, reading.Group, reading["network.io.direction"]);
                    double least = isLevel ? 0 : last.GetValueOrDefault(key);
                    Assert.True(reading.Value >= least, $"{key}: {reading.Value} after {least}");
                    last[key] = reading.Value;
                }
            }
        });
        Task load = Task.WhenAll(host.Shards.Select(shard => shard.InvokeAsync(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await host.Shards[1 - shard.Id].InvokeAsync(static () => { });
                await Shard.Yield();
                SchedulingGroup group = SchedulingGroup.Create("passing", 100);
                await group.RunAsync(static () => { });
                group.Destroy();
                await Shard.Delay(TimeSpan.FromMicroseconds(20));
            }
        }).AsTask()));

        await Eventually.Ends(observer, "the observer");
        await end.CancelAsync();
        await Eventually.Ends(load, "the load");
        Assert.True(host.Shard.GetStatistics().Yields > 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> StartObserveAndStop(TestMeterFactory factory)
    {
        var host = new TestHost(options => options.MeterFactory = factory);
        using (var reader = new MeterReader(factory["Reactor"]))
        {
            Assert.NotEmpty(reader.Read());
        }

        await host.DisposeAsync();
        return new WeakReference(host.Host);
    }

    private sealed class FailingFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => throw new TimeZoneNotFoundException($"no meter {options.Name}, {ReactorMetrics.MeterName}");

        public void Dispose()
        {
        }
    }
}
