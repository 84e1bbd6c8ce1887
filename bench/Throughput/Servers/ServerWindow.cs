using System.Diagnostics;
using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Servers;

/// <summary>What a server used while it was measured, and others beside it.</summary>
internal sealed class ServerWindow(CpuClock clock) : MeasuredWindow
{
    private readonly Stopwatch _elapsed = new();
    private ForeignLoad? _foreign;
    private CpuSnapshot? _before;

    public TaskCounters Used { get; private set; }

    public override void Begin()
    {
        _foreign = new ForeignLoad();
        _elapsed.Start();
        _before = clock.Read();
    }

    public override void End()
    {
        Used = clock.Read().Since(_before ?? throw new InvalidOperationException("The measured time ended before it had begun."));
        _elapsed.Stop();
        _foreign!.End();
    }

    /// <summary>The share of one core that neither the server nor the load generator used.</summary>
    public double ForeignShare(LoadResult result) =>
        _foreign!.Share(Used.CpuNanoseconds + (result.CpuShare * result.Seconds * 1e9 ?? 0), _elapsed.Elapsed);
}
