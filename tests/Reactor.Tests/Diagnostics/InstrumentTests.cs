using System.Diagnostics.Metrics;
using Reactor.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

/// <summary>What the instruments say, after work whose amount is known. Each test has a host, and so a meter, of its own.</summary>
public sealed class InstrumentTests
{
    [Fact]
    public async Task Every_instrument_of_a_shard_reports_what_its_statistics_say()
    {
        await using var host = TestHost.Many(3);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        await Task.WhenAll(host.Shards.Select(shard => TestHost.On(shard, async () =>
        {
            for (int i = 0; i <= shard.Id; i++)
            {
                _ = Shard.Delay(TimeSpan.FromHours(1)).AsTask();
                await Shard.Delay(TimeSpan.FromMilliseconds(1));
                await host.Shards[(shard.Id + 1) % 3].InvokeAsync(static () => { });
            }
        })));
        var expected = new Dictionary<string, Func<ShardStatistics, double>>
        {
            ["reactor.loop.turns"] = static now => now.Turns,
            ["reactor.sleeps"] = static now => now.Sleeps,
            ["reactor.wakeups"] = static now => now.WakeUps,
            ["reactor.system_calls"] = static now => now.SystemCalls,
            ["reactor.descriptors"] = static now => now.Descriptors,
            ["reactor.polls.armed"] = static now => now.PollsArmed,
            ["reactor.polls.submitted"] = static now => now.PollsSubmitted,
            ["reactor.polls.refused"] = static now => now.PollsRefused,
            ["reactor.submit.calls"] = static now => now.SubmitCalls,
            ["reactor.harvest.calls"] = static now => now.Harvests,
            ["reactor.events"] = static now => now.EventsHarvested,
            ["reactor.completions.stale"] = static now => now.StaleCompletions,
            ["reactor.preemptions"] = static now => now.Preemptions,
            ["reactor.yields"] = static now => now.Yields,
            ["reactor.unhandled_exceptions"] = static now => now.UnhandledExceptions,
            ["reactor.messages.sent"] = static now => now.MessagesSent,
            ["reactor.messages.received"] = static now => now.MessagesReceived,
            ["reactor.lane.waiting"] = static now => now.MessagesWaiting,
            ["reactor.timers.armed"] = static now => now.TimersArmed,
            ["reactor.timers.fired"] = static now => now.TimersFired,
            ["reactor.connections.active"] = static now => now.Connections,
            ["reactor.connections.opened"] = static now => now.ConnectionsOpened,
            ["reactor.accept.errors"] = static now => now.AcceptErrors,
        };

        // When all are asleep, two readings one after the other see the same.
        Eventually.Until(() => host.Shards.Select(shard => shard.GetStatistics().Turns) is var before && AllAgree() && before.SequenceEqual(host.Shards.Select(shard => shard.GetStatistics().Turns)), "the instruments agree with the statistics");

        bool AllAgree() => reader.Read().Where(reading => expected.ContainsKey(reading.Name)).ToList() is var readings
            && readings.Count == expected.Count * 3
            && readings.TrueForAll(reading => reading.Value == expected[reading.Name](host.Shards[reading.Shard].GetStatistics()));
    }

    /// <remarks>What takes a network, or bad luck, to count is put into the counters here.</remarks>
    [Fact]
    public async Task Counters_of_rare_events_come_out_where_they_belong()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        foreach (Shard shard in host.Shards)
        {
            await TestHost.On(shard, () =>
            {
                shard.Counters.ConnectionsOpened = 1_001 + shard.Id;
                shard.Counters.ConnectionsClosed = 501;
                shard.Counters.AcceptErrors = 1_003 + shard.Id;
                shard.Counters.BytesReceived = 1_005 + shard.Id;
                shard.Counters.BytesSent = 1_007 + shard.Id;
                shard.Polls.Counters.StaleCompletions = 1_009 + shard.Id;
                shard.Polls.Counters.PollsRefused = 1_011 + shard.Id;
                return Task.CompletedTask;
            });
        }

        IReadOnlyList<MeterReader.Reading> readings = reader.Read();
        Assert.Equal([1_001, 1_002], Values("reactor.connections.opened"));
        Assert.Equal([500, 501], Values("reactor.connections.active"));
        Assert.Equal([1_003, 1_004], Values("reactor.accept.errors"));
        Assert.Equal([1_005, 1_006], Values("reactor.network.io", "receive"));
        Assert.Equal([1_007, 1_008], Values("reactor.network.io", "transmit"));
        Assert.Equal([1_009, 1_010], Values("reactor.completions.stale"));
        Assert.Equal([1_011, 1_012], Values("reactor.polls.refused"));

        IEnumerable<double> Values(string instrument, string? direction = null) => readings
            .Where(reading => reading.Name == instrument && (string?)reading["network.io.direction"] == direction)
            .OrderBy(reading => reading.Shard)
            .Select(reading => reading.Value);
    }

    [Fact]
    public async Task Messages_are_counted_where_they_are_sent_and_where_they_arrive()
    {
        await using var host = TestHost.Many(3);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        await host.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await host.Shards[1].InvokeAsync(static () => { });
            }
        });

        Assert.Equal((100, 100, 0), (Read("sent", 0), Read("sent", 1), Read("sent", 2)));
        Assert.Equal((100, 100, 0), (Read("received", 0), Read("received", 1), Read("received", 2)));

        double Read(string which, int shard) => reader.Read($"reactor.messages.{which}", host.Shards[shard]);
    }

    [Fact]
    public async Task Messages_that_find_their_lane_full_are_seen_to_wait()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        using var release = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        host.Shards[1].Post(() =>
        {
            isHeld.Set();
            release.Wait();
        });
        isHeld.Wait();
        await host.Run(() =>
        {
            for (int i = 0; i < Reactor.Shards.ShardLane.Capacity + 30; i++)
            {
                host.Shards[1].Post(static () => { });
            }

            return 0;
        });

        Assert.Equal((30, 0), (reader.Read("reactor.lane.waiting", host.Shards[0]), reader.Read("reactor.lane.waiting", host.Shards[1])));
        release.Set();
        Eventually.Until(() => reader.Read("reactor.lane.waiting", host.Shards[0]) == 0, "all messages are on their way");
        Eventually.Until(() => reader.Read("reactor.messages.received", host.Shards[1]) == Reactor.Shards.ShardLane.Capacity + 30, "all messages have arrived");
    }

    [Fact]
    public async Task Timers_are_armed_until_they_fire()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        using var end = new CancellationTokenSource();
        Task[] delays = await TestHost.On(host.Shards[1], () => Task.FromResult<Task[]>([
            .. Enumerable.Range(0, 4).Select(_ => Shard.Delay(TimeSpan.FromHours(1), end.Token).AsTask()),
            .. Enumerable.Range(0, 6).Select(_ => Shard.Delay(TimeSpan.FromMilliseconds(1)).AsTask()),
        ]));
        await Task.WhenAll(delays[4..]);

        Eventually.Until(() => reader.Read("reactor.timers.fired", host.Shards[1]) == 6, "the short ones have fired");
        Assert.Equal((4, 0), (reader.Read("reactor.timers.armed", host.Shards[1]), reader.Read("reactor.timers.armed", host.Shards[0])));
        await end.CancelAsync();
        Eventually.Until(() => reader.Read("reactor.timers.armed", host.Shards[1]) == 0, "the long ones are cancelled");
        Assert.Equal(6, reader.Read("reactor.timers.fired", host.Shards[1]));
    }

    [Fact]
    public async Task What_is_ready_to_run_is_seen_in_its_group()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        SchedulingGroup group = SchedulingGroup.Create("crowd", 100);
        using var release = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        host.Shard.Post(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                host.Shard.Schedule(group, static _ => { }, null);
            }

            isHeld.Set();
            release.Wait();
        });
        isHeld.Wait();

        Assert.Equal(5, reader.Read("reactor.run_queue.length", host.Shard, "crowd"));
        Assert.Equal((0, 5), (reader.Read("reactor.run_queue.length", host.Shard, "default"), host.Shard.GetStatistics().RunQueueLength));
        release.Set();
        Eventually.Until(() => reader.Read("reactor.run_queue.length", host.Shard, "crowd") == 0, "all of the group has run");
        Assert.Equal(5, reader.Read("reactor.run_queue.items", host.Shard, "crowd"));
        group.Destroy();
    }

    [Fact]
    public async Task A_group_has_its_run_time_and_the_time_that_others_kept_it_waiting()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        SchedulingGroup one = SchedulingGroup.Create("one", 100);
        SchedulingGroup other = SchedulingGroup.Create("other", 100);
        var time = TimeSpan.FromMilliseconds(5);
        await host.Run(() => Task.WhenAll(one.RunAsync(() => Busy.For(time)).AsTask(), other.RunAsync(() => Busy.For(time)).AsTask()));

        Eventually.Until(() => Run("one") >= time.TotalSeconds && Run("other") >= time.TotalSeconds, "both are charged with what they ran");
        Assert.True(Math.Max(Wait("one"), Wait("other")) >= time.TotalSeconds, $"waited {Wait("one")} s and {Wait("other")} s");
        foreach (SchedulingGroup group in (SchedulingGroup[])[one, other])
        {
            Assert.Equal(host.Shard.GetStatistics(group).RunTime.TotalSeconds, Run(group.Name));
            Assert.Equal(host.Shard.GetStatistics(group).WaitTime.TotalSeconds, Wait(group.Name));
            group.Destroy();
        }

        double Run(string group) => reader.Read("reactor.task.run.time", host.Shard, group);
        double Wait(string group) => reader.Read("reactor.task.wait.time", host.Shard, group);
    }

    [Fact]
    public async Task Groups_of_one_name_are_one_to_metrics_and_two_to_statistics()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        SchedulingGroup one = SchedulingGroup.Create("twin", 100);
        SchedulingGroup other = SchedulingGroup.Create("twin", 100);
        await host.Run(async () =>
        {
            await one.RunAsync(static () => { });
            await other.RunAsync(static () => { });
            await other.RunAsync(static () => { });
        });

        Assert.Equal(3, reader.Read("reactor.run_queue.items", host.Shard, "twin"));
        Assert.Equal((1, 2), (host.Shard.GetStatistics(one).ItemsRun, host.Shard.GetStatistics(other).ItemsRun));
        one.Destroy();
        other.Destroy();
    }

    [Fact]
    public async Task Yields_preemptions_and_unhandled_exceptions_are_counted_on_their_shard()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        Shard shard = host.Shards[1];
        await TestHost.On(shard, async () =>
        {
            for (int i = 0; i < 7; i++)
            {
                await Shard.Yield();
            }

            shard.Post(static () => throw new TimeZoneNotFoundException());
            shard.Post(static () => throw new TimeZoneNotFoundException());
            for (int i = 0; i < 4; i++)
            {
                shard.Post(static () => Eventually.Until(static () => Shard.NeedsPreempt, "the time slice ends"));
            }
        });
        Eventually.Until(() => host.Unhandled.Count == 2 && shard.GetStatistics().RunQueueLength == 0, "all has run");

        Assert.Equal((7, 0), (reader.Read("reactor.yields", shard), reader.Read("reactor.yields", host.Shard)));
        Assert.Equal((2, 0), (reader.Read("reactor.unhandled_exceptions", shard), reader.Read("reactor.unhandled_exceptions", host.Shard)));
        Assert.True(reader.Read("reactor.preemptions", shard) >= 3);
        Assert.Equal(0, reader.Read("reactor.preemptions", host.Shard));
    }

    [Fact]
    public async Task Every_completion_is_an_event_and_was_harvested()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        await TestHost.On(host.Shards[1], async () =>
        {
            var operation = new EventOperation();
            for (int i = 0; i < 5; i++)
            {
                ValueTask<ulong> wait = operation.WaitAsync();
                operation.Signal();
                await wait;
            }

            operation.Close();
        });

        double events = reader.Read("reactor.events", host.Shards[1]);
        Assert.True(events >= 5);
        Assert.InRange(reader.Read("reactor.harvest.calls", host.Shards[1]), 1, events);
        Assert.True(reader.Read("reactor.polls.submitted", host.Shards[1]) >= events);
    }

    [Fact]
    public async Task Times_are_in_seconds()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        await host.Run(() =>
        {
            Busy.For(TimeSpan.FromMilliseconds(20));
            return 0;
        });

        ShardStatistics before = host.Shard.GetStatistics();
        double busy = reader.Read("reactor.loop.busy.time", host.Shard);
        double idle = reader.Read("reactor.loop.idle.time", host.Shard);
        ShardStatistics after = host.Shard.GetStatistics();
        Assert.True(busy >= 0.02);
        Assert.InRange(busy, before.BusyTime.TotalSeconds, after.BusyTime.TotalSeconds);
        Assert.InRange(idle, before.IdleTime.TotalSeconds, after.IdleTime.TotalSeconds);
    }

    [Fact]
    public async Task A_stall_is_recorded_with_its_length_group_and_cause()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        host.Shard.Post(() => Busy.For(TimeSpan.FromMilliseconds(200)));
        await Eventually.Comes(() => reader.Recorded.Count > 0, "the measurement");
        MeterReader.Reading stall = reader.Recorded[0];
        Assert.Equal(("reactor.stall.duration", host.Shard.Id, "default"), (stall.Name, stall.Shard, stall.Group));
        Assert.Contains((string)stall["reactor.stall.cause"]!, Enum.GetNames<StallCause>());
        Assert.True(stall.Value >= 0.2);
    }

    [Fact]
    public async Task The_backend_of_each_shard_is_reported_with_its_reason()
    {
        await using var host = TestHost.Many(2);
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        IEnumerable<MeterReader.Reading> readings = reader.Read().Where(reading => reading.Name == "reactor.shards");
        Assert.Equal(
            host.Shards.Select(shard => (1.0, shard.Id, TestedBackend.Kind.ToString(), shard.BackendReason)),
            readings.Select(reading => (reading.Value, reading.Shard, (string)reading["reactor.backend"]!, (string)reading["reactor.backend.reason"]!)));
        Assert.All(host.Shards, shard => Assert.NotEmpty(shard.BackendReason));
    }

    [Fact]
    public async Task The_table_of_the_documentation_lists_what_there_is()
    {
        await using var host = new TestHost();
        using var reader = new MeterReader(host.Host.Metrics.Meter);
        host.Host.Metrics.Record(host.Shard, new Stall(1, IsOver: true, StallCause.Code, null, SchedulingGroup.Default));
        Dictionary<string, MeterReader.Reading> first = reader.Read().Concat(reader.Recorded).GroupBy(reading => reading.Name).ToDictionary(readings => readings.Key, readings => readings.First());

        IEnumerable<string> there = reader.Instruments.Select(instrument => $"| `{instrument.Name}` | {Kind(instrument)} | `{instrument.Unit}` | {string.Join(", ", first[instrument.Name].Tags.Select(Attribute))} | {instrument.Description} |");
        Assert.Equal(there.Order(), Repository.ReadLines("docs/metrics.md").Where(line => line.StartsWith("| `reactor.", StringComparison.Ordinal) && line.Count(c => c == '|') == 6).Order());

        static string Kind(Instrument instrument) => instrument.GetType().Name switch
        {
            "ObservableCounter`1" => "counter",
            "ObservableUpDownCounter`1" => "level",
            "Histogram`1" => "histogram",
            var other => other,
        };

        static string Attribute(KeyValuePair<string, object?> tag) => tag.Key switch
        {
            "reactor.shard" => "shard",
            "reactor.scheduling_group" => "group",
            "network.io.direction" => "direction",
            "reactor.stall.cause" => "cause",
            "reactor.backend" => "backend",
            "reactor.backend.reason" => "reason",
            var other => other,
        };
    }
}
