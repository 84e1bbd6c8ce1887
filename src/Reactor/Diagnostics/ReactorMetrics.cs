using System.Diagnostics.Metrics;

namespace Reactor.Diagnostics;

/// <summary>A host's part in the meter "Reactor": from its start to the end of its stop, its shards are observed.</summary>
internal sealed class ReactorMetrics
{
    internal const string MeterName = "Reactor";

    private readonly ReactorHost _host;
    private readonly ShardInstruments _instruments;
    private readonly bool _ownsMeter;

    internal ReactorMetrics(ReactorHost host, IMeterFactory? factory)
    {
        _host = host;
        _ownsMeter = factory is null;
        Meter = factory is null ? new Meter(MeterName) : factory.Create(new MeterOptions(MeterName));
        _instruments = ShardInstruments.Of(Meter);
        _instruments.Add(host);
    }

    /// <summary>Where other instruments of the host belong. That of a factory may be shared with other hosts, and outlives this one.</summary>
    internal Meter Meter { get; }

    /// <summary>A stall of one of the host's shards has ended. On the watcher's thread.</summary>
    internal void Record(Shard shard, Stall stall) => _instruments.Record(shard, stall);

    /// <summary>Nothing of the host is observed any more. A factory's meter is the factory's to dispose.</summary>
    internal void End()
    {
        _instruments.Remove(_host);
        if (_ownsMeter)
        {
            Meter.Dispose();
        }
    }
}
