using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Reactor.Diagnostics;
using Reactor.Tests.Support;

namespace Reactor.Tests.Diagnostics;

/// <summary>The event source is one for the process: these tests run alone, so that the sums are theirs.</summary>
[Collection(Alone.Name)]
public sealed class EventSourceTests
{
    [Fact]
    public async Task A_host_and_its_shards_are_seen_to_start_and_to_stop()
    {
        using var listener = new Listener();
        var host = TestHost.Many(2);
        int number = host.Host.Number;
        await host.DisposeAsync();

        // The shards start, and stop, each in its own time.
        string[] seen = [.. listener.Events.Where(line => line.Split(' ')[1] == $"{number}")];
        Assert.Equal(["HostStarted", "HostStopped", "ShardStarted", "ShardStarted", "ShardStopped", "ShardStopped"], seen.Select(line => line.Split(' ')[0]).Order());
        Assert.Equal(($"HostStarted {number} 2", $"HostStopped {number}"), (seen[2], seen[5]));
        Assert.Contains($"ShardStarted {number} 1 -1 {host.Shard.Backend}", seen);
        Assert.Contains($"ShardStopped {number} 1", seen);
    }

    [Fact]
    public async Task A_pinned_shard_says_its_CPU()
    {
        using var listener = new Listener();
        await using var host = new TestHost();
        Assert.Contains($"ShardStarted {host.Host.Number} 0 {host.Shard.Cpu} {host.Shard.Backend}", listener.Events);
    }

    [Fact]
    public async Task Counters_show_sums_over_all_hosts()
    {
        await using var host = TestHost.Many(2);
        await using var other = new TestHost();
        using var listener = new Listener();
        string[] expected =
        [
            "connections", "items-per-second", "messages-per-second", "polls-per-second",
            "preemptions-per-second", "run-queue-length", "sleeps-per-second", "turns-per-second",
        ];
        await Eventually.Comes(() => expected.All(listener.Counters.ContainsKey), "all counters have come");

        Assert.Equal(expected, listener.Counters.Keys.Order());
        await host.Run(async () => await host.Shards[1].InvokeAsync(static () => { }));
        await Eventually.Comes(() => listener.Counters["messages-per-second"] == 2, "a call and its answer are seen");
        await Eventually.Comes(() => listener.Counters["turns-per-second"] > 2, "turns are seen");
    }

    [Fact]
    public async Task A_host_that_stops_leaves_what_it_has_done_in_the_sums()
    {
        HostTotals before = LiveHosts.Totals;
        var host = TestHost.Many(2);
        await host.Run(async () => await host.Shards[1].InvokeAsync(static () => { }));
        long during = LiveHosts.Totals.MessagesReceived - before.MessagesReceived;
        await host.DisposeAsync();

        HostTotals after = LiveHosts.Totals;
        Assert.Equal((2, 2), (during, after.MessagesReceived - before.MessagesReceived));
        Assert.Equal(host.Shards.Sum(shard => shard.GetStatistics().Turns), after.Turns - before.Turns);
        Assert.Equal((before.Connections, before.RunQueueLength), (after.Connections, after.RunQueueLength));
    }

    private sealed class Listener : EventListener
    {
        /// <summary>Names and payloads, in the order of their coming.</summary>
        internal ConcurrentQueue<string> Events { get; } = [];

        /// <summary>The largest value that each counter has had.</summary>
        internal ConcurrentDictionary<string, double> Counters { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == ReactorEventSource.EventSourceName)
            {
                EnableEvents(eventSource, EventLevel.Informational, EventKeywords.All, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.1" });
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName != "EventCounters")
            {
                Events.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload!)}");
                return;
            }

            var counter = (IDictionary<string, object>)eventData.Payload![0]!;
            double value = (double)(counter.TryGetValue("Increment", out object? increment) ? increment : counter["Mean"]);
            Counters.AddOrUpdate((string)counter["Name"], value, (_, last) => Math.Max(last, value));
        }
    }
}
