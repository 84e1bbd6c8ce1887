namespace Reactor.Diagnostics;

/// <summary>Sums over shards, as the event source shows them.</summary>
internal readonly record struct HostTotals
{
    internal long Turns { get; private init; }

    internal long ItemsRun { get; private init; }

    internal long PollsSubmitted { get; private init; }

    internal long MessagesReceived { get; private init; }

    internal long Preemptions { get; private init; }

    internal long Sleeps { get; private init; }

    internal long Connections { get; private init; }

    internal long RunQueueLength { get; private init; }

    /// <summary>What is left of it when the shards are no more: what they have done, and nothing that is now.</summary>
    internal HostTotals Past => this with { Connections = 0, RunQueueLength = 0 };

    internal HostTotals Plus(ReactorHost host)
    {
        HostTotals sum = this;
        foreach (Shard shard in host.Shards)
        {
            sum = sum.Plus(shard.GetStatistics());
        }

        return sum;
    }

    private HostTotals Plus(in ShardStatistics shard) => new()
    {
        Turns = Turns + shard.Turns,
        ItemsRun = ItemsRun + shard.ItemsRun,
        PollsSubmitted = PollsSubmitted + shard.PollsSubmitted,
        MessagesReceived = MessagesReceived + shard.MessagesReceived,
        Preemptions = Preemptions + shard.Preemptions,
        Sleeps = Sleeps + shard.Sleeps,
        Connections = Connections + shard.Connections,
        RunQueueLength = RunQueueLength + shard.RunQueueLength,
    };
}
