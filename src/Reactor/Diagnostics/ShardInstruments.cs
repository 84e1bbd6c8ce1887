using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Reactor.Diagnostics;

/// <summary>
/// The instruments that show what shards count. All but that of stalls are observable: they read the shards' own counters
/// when somebody collects, and until then they cost nothing.
/// </summary>
/// <remarks>
/// A factory gives out one meter for one name, and instruments cannot be taken out of a meter. So there is one set of them
/// for each meter, whatever number of hosts come and go on it.
/// </remarks>
internal sealed partial class ShardInstruments
{
    private static readonly ConditionalWeakTable<Meter, ShardInstruments> s_ofMeter = [];
    private static readonly Lock s_lock = new();

    private static readonly KeyValuePair<string, object?> s_transmit = new("network.io.direction", "transmit");
    private static readonly KeyValuePair<string, object?> s_receive = new("network.io.direction", "receive");

    private readonly Meter _meter;
    private readonly Histogram<double> _stallDuration;

    // Replaced as a whole, for observers on other threads.
    private ObservedShard[] _shards = [];

    /// <summary>The instruments of a meter: made, or those that it has already.</summary>
    internal static ShardInstruments Of(Meter meter)
    {
        lock (s_lock)
        {
            if (!s_ofMeter.TryGetValue(meter, out ShardInstruments? instruments))
            {
                instruments = new ShardInstruments(meter);
                s_ofMeter.Add(meter, instruments);
            }

            return instruments;
        }
    }

    /// <summary>Observes the shards of a host.</summary>
    internal void Add(ReactorHost host)
    {
        lock (s_lock)
        {
            Volatile.Write(ref _shards, [.. _shards, .. host.Shards.Select(shard => new ObservedShard(shard))]);
        }
    }

    /// <summary>Observes them no more, and holds on to nothing of them.</summary>
    internal void Remove(ReactorHost host)
    {
        lock (s_lock)
        {
            Volatile.Write(ref _shards, Array.FindAll(_shards, observed => observed.Shard.Host != host));
        }
    }

    /// <summary>A stall has ended.</summary>
    internal void Record(Shard shard, Stall stall) => _stallDuration.Record(
        Stopwatch.GetElapsedTime(0, stall.Ticks).TotalSeconds,
        new("reactor.shard", shard.Id),
        new("reactor.scheduling_group", stall.Group.Name),
        new("reactor.stall.cause", stall.Cause.ToString()));

    private void Counter(string name, string unit, string description, Func<ShardStatistics, long> read) =>
        _meter.CreateObservableCounter(name, () => OfShards(read), unit, description);

    private void Time(string name, string description, Func<ShardStatistics, TimeSpan> read) =>
        _meter.CreateObservableCounter(name, () => OfShards(now => read(now).TotalSeconds), "s", description);

    private void Level(string name, string unit, string description, Func<ShardStatistics, long> read) =>
        _meter.CreateObservableUpDownCounter(name, () => OfShards(read), unit, description);

    private void GroupCounter(string name, string unit, string description, Func<SchedulingGroupStatistics, long> read) =>
        _meter.CreateObservableCounter(name, () => OfGroups(read), unit, description);

    private void GroupTime(string name, string description, Func<SchedulingGroupStatistics, TimeSpan> read) =>
        _meter.CreateObservableCounter(name, () => OfGroups(now => read(now).TotalSeconds), "s", description);

    private void GroupLevel(string name, string unit, string description, Func<SchedulingGroupStatistics, long> read) =>
        _meter.CreateObservableUpDownCounter(name, () => OfGroups(read), unit, description);

    private IEnumerable<Measurement<T>> OfShards<T>(Func<ShardStatistics, T> read)
        where T : struct
    {
        foreach (ObservedShard observed in Volatile.Read(ref _shards))
        {
            yield return new Measurement<T>(read(observed.Shard.GetStatistics()), observed.Tag);
        }
    }

    private IEnumerable<Measurement<T>> OfGroups<T>(Func<SchedulingGroupStatistics, T> read)
        where T : struct
    {
        foreach (ObservedShard observed in Volatile.Read(ref _shards))
        {
            foreach ((string name, SchedulingGroupStatistics statistics) in observed.Shard.GetGroupStatistics())
            {
                yield return new Measurement<T>(read(statistics), observed.Tag, new("reactor.scheduling_group", name));
            }
        }
    }

    private IEnumerable<Measurement<long>> Backends()
    {
        foreach (ObservedShard observed in Volatile.Read(ref _shards))
        {
            yield return new Measurement<long>(
                1,
                observed.Tag,
                new("reactor.backend", observed.Shard.Backend.ToString()),
                new("reactor.backend.reason", observed.Shard.BackendReason));
        }
    }

    private IEnumerable<Measurement<long>> Bytes()
    {
        foreach (ObservedShard observed in Volatile.Read(ref _shards))
        {
            ShardStatistics statistics = observed.Shard.GetStatistics();
            yield return new Measurement<long>(statistics.BytesSent, observed.Tag, s_transmit);
            yield return new Measurement<long>(statistics.BytesReceived, observed.Tag, s_receive);
        }
    }

    /// <summary>A shard, and the attribute that names it.</summary>
    private readonly record struct ObservedShard(Shard Shard)
    {
        internal KeyValuePair<string, object?> Tag { get; } = new("reactor.shard", Shard.Id);
    }
}
