using System.Diagnostics.Tracing;

namespace Reactor.Diagnostics;

/// <summary>
/// What <c>dotnet-trace</c> records and <c>dotnet-counters</c> shows of all hosts of the process: their beginnings and ends
/// as events, and sums over their shards as counters. The meter has more, shard by shard.
/// </summary>
[EventSource(Name = EventSourceName)]
internal sealed class ReactorEventSource : EventSource
{
    internal const string EventSourceName = "Reactor";

    internal static readonly ReactorEventSource Log = new();

    // Made when somebody first enables the source; the runtime asks them while it is enabled.
    private DiagnosticCounter[]? _counters;

    private ReactorEventSource()
    {
    }

    /// <summary>All shards of a host run.</summary>
    /// <param name="host">The number of the host in this process, from 1.</param>
    /// <param name="shards">How many it has.</param>
    [Event(1, Level = EventLevel.Informational)]
    internal void HostStarted(int host, int shards)
    {
        if (IsEnabled())
        {
            WriteEvent(1, host, shards);
        }
    }

    /// <summary>All shards of a host have ended: it was stopped, or could not start.</summary>
    [Event(2, Level = EventLevel.Informational)]
    internal void HostStopped(int host)
    {
        if (IsEnabled())
        {
            WriteEvent(2, host);
        }
    }

    /// <summary>The loop of a shard begins, on its thread.</summary>
    /// <param name="host">The number of the host.</param>
    /// <param name="shard">The number of the shard in its host.</param>
    /// <param name="cpu">The CPU that it is pinned to; -1 when it is not.</param>
    /// <param name="backend">How it learns what is ready.</param>
    [Event(3, Level = EventLevel.Informational)]
    internal void ShardStarted(int host, int shard, int cpu, string backend)
    {
        if (IsEnabled())
        {
            WriteEvent(3, host, shard, cpu, backend);
        }
    }

    /// <summary>It has ended, and has given everything back.</summary>
    [Event(4, Level = EventLevel.Informational)]
    internal void ShardStopped(int host, int shard)
    {
        if (IsEnabled())
        {
            WriteEvent(4, host, shard);
        }
    }

    /// <summary>The loop of a shard did not turn for longer than the threshold, and turns again.</summary>
    /// <param name="host">The number of the host.</param>
    /// <param name="shard">The number of the shard in its host.</param>
    /// <param name="milliseconds">For how long.</param>
    /// <param name="group">The scheduling group whose turn it was.</param>
    /// <param name="cause">Why.</param>
    /// <param name="code">What ran; empty if nobody saw.</param>
    [Event(5, Level = EventLevel.Warning)]
    internal void Stall(int host, int shard, double milliseconds, string group, string cause, string code)
    {
        if (IsEnabled())
        {
            WriteEvent(5, host, shard, milliseconds, group, cause, code);
        }
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command == EventCommand.Enable)
        {
            _counters ??=
            [
                Rate("turns-per-second", "Turns of the loops", static () => LiveHosts.Totals.Turns),
                Rate("items-per-second", "Continuations and callbacks run", static () => LiveHosts.Totals.ItemsRun),
                Rate("polls-per-second", "Polls submitted", static () => LiveHosts.Totals.PollsSubmitted),
                Rate("messages-per-second", "Messages between shards", static () => LiveHosts.Totals.MessagesReceived),
                Rate("preemptions-per-second", "Preemptions", static () => LiveHosts.Totals.Preemptions),
                Rate("sleeps-per-second", "Sleeps", static () => LiveHosts.Totals.Sleeps),
                Level("connections", "Connections open", static () => LiveHosts.Totals.Connections),
                Level("run-queue-length", "Continuations and callbacks ready", static () => LiveHosts.Totals.RunQueueLength),
            ];
        }
    }

    private IncrementingPollingCounter Rate(string name, string displayName, Func<double> total) =>
        new(name, this, total) { DisplayName = displayName, DisplayRateTimeScale = TimeSpan.FromSeconds(1) };

    private PollingCounter Level(string name, string displayName, Func<double> now) =>
        new(name, this, now) { DisplayName = displayName };
}
