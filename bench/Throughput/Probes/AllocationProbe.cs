using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Probes;

/// <summary>Asks a .NET server's runtime, once a second, what it has allocated and how often it has collected.</summary>
internal static class AllocationProbe
{
    private const string AllocationCounter = "alloc-rate";
    private const string CollectionCounter = "gen-0-gc-count";

    /// <remarks>
    /// The list of published processes would not do: it is one of files, and a process that is killed leaves its own, which
    /// the next one with its number would have.
    /// </remarks>
    public static bool IsAvailable(CandidateProcess server) =>
        File.ReadAllText($"/proc/{server.Id}/maps").Contains("libcoreclr.so", StringComparison.Ordinal);

    public static async Task<(double BytesPerRequest, double CollectionsPerSecond)> RunAsync(
        CandidateProcess server, LoadTool load, TimeSpan warmup, TimeSpan time, CancellationToken cancellation)
    {
        using var window = new CounterWindow(server.Id);
        var result = await load.MeasureAsync(server.Candidate.Name, server.EndPoint, warmup, time, window, cancellation);
        await window.Ended;
        double requestsPerSecond = result.Requests / result.Seconds;
        return (window.Bytes / window.Seconds / requestsPerSecond, window.Collections / window.Seconds);
    }

    /// <summary>A session with the runtime's event pipe for as long as the load is measured.</summary>
    private sealed class CounterWindow(int process) : MeasuredWindow, IDisposable
    {
        private static readonly EventPipeProvider s_counters = new(
            "System.Runtime", EventLevel.Informational, arguments: new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" });

        private EventPipeSession? _session;

        public double Bytes { get; private set; }

        public double Collections { get; private set; }

        public double Seconds { get; private set; }

        public Task Ended { get; private set; } = Task.CompletedTask;

        public override void Begin()
        {
            _session = new DiagnosticsClient(process).StartEventPipeSession([s_counters], requestRundown: false);
            Ended = Task.Run(Read);
        }

        public override void End() => _session!.Stop();

        public void Dispose() => _session?.Dispose();

        private void Read()
        {
            using var source = new EventPipeEventSource(_session!.EventStream);
            source.Dynamic.All += Take;
            source.Process();
        }

        private void Take(TraceEvent counters)
        {
            if (counters.EventName != "EventCounters" || counters.PayloadValue(0) is not IDictionary<string, object> { } outer || outer["Payload"] is not IDictionary<string, object> values)
            {
                return;
            }

            switch (values["Name"])
            {
                case AllocationCounter:
                    Bytes += Convert.ToDouble(values["Increment"], System.Globalization.CultureInfo.InvariantCulture);
                    Seconds += Convert.ToDouble(values["IntervalSec"], System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case CollectionCounter:
                    Collections += Convert.ToDouble(values["Increment"], System.Globalization.CultureInfo.InvariantCulture);
                    break;
            }
        }
    }
}
