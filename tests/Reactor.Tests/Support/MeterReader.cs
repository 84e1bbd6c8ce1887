using System.Diagnostics.Metrics;

namespace Reactor.Tests.Support;

/// <summary>An observer of one meter: it sees no other host's.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<Instrument> _instruments = [];
    private readonly List<Reading> _readings = [];
    private readonly List<Reading> _recorded = [];
    private int _completed;

    internal MeterReader(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
            {
                lock (_lock)
                {
                    _instruments.Add(instrument);
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.MeasurementsCompleted = (_, _) => Interlocked.Increment(ref _completed);
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(new Reading(instrument, value, tags.ToArray())));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(new Reading(instrument, value, tags.ToArray())));
        _listener.Start();
    }

    internal IReadOnlyList<Instrument> Instruments => _instruments;

    /// <summary>What instruments that are not asked have told, on whatever thread.</summary>
    internal IReadOnlyList<Reading> Recorded
    {
        get
        {
            lock (_lock)
            {
                return [.. _recorded];
            }
        }
    }

    /// <summary>Instruments that will report no more.</summary>
    internal int Completed => Volatile.Read(ref _completed);

    /// <summary>Everything that is reported now. For one thread at a time.</summary>
    internal IReadOnlyList<Reading> Read()
    {
        _readings.Clear();
        _listener.RecordObservableInstruments();
        return [.. _readings];
    }

    /// <summary>What an instrument reports now for a shard, and a scheduling group if it knows them.</summary>
    internal double Read(string instrument, Shard shard, string? group = null) =>
        Assert.Single(Read(), reading => reading.Name == instrument && reading.Shard == shard.Id && (group is null || reading.Group == group)).Value;

    public void Dispose() => _listener.Dispose();

    private void Take(Reading reading)
    {
        if (reading.Instrument.IsObservable)
        {
            _readings.Add(reading);
            return;
        }

        lock (_lock)
        {
            _recorded.Add(reading);
        }
    }

    internal sealed record Reading(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)
    {
        internal string Name => Instrument.Name;

        internal int Shard => Assert.IsType<int>(this["reactor.shard"]);

        internal string? Group => (string?)this["reactor.scheduling_group"];

        internal object? this[string tag] => Tags.SingleOrDefault(pair => pair.Key == tag).Value;
    }
}
