using System.Diagnostics.Metrics;

namespace Reactor.Tests.Support;

/// <summary>Gives out one meter for one name, as the one of Microsoft.Extensions does, and is the only one to dispose them.</summary>
internal sealed class TestMeterFactory : IMeterFactory
{
    private readonly Dictionary<string, OwnedMeter> _meters = [];

    internal Meter this[string name] => _meters[name];

    internal int Count => _meters.Count;

    internal bool WasDisposedByOthers => _meters.Values.Any(meter => meter.IsDisposed);

    public Meter Create(MeterOptions options)
    {
        if (!_meters.TryGetValue(options.Name, out OwnedMeter? meter))
        {
            _meters.Add(options.Name, meter = new OwnedMeter(options));
        }

        return meter;
    }

    public void Dispose()
    {
        foreach (OwnedMeter meter in _meters.Values)
        {
            meter.Dispose();
        }
    }

    private sealed class OwnedMeter(MeterOptions options) : Meter(options)
    {
        internal bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
