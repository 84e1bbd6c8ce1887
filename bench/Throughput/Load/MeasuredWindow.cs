namespace Reactor.Bench.Throughput.Load;

/// <summary>Told of the time that counts, so that others read their clocks at its ends. On any thread.</summary>
internal abstract class MeasuredWindow
{
    public abstract void Begin();

    public abstract void End();
}
