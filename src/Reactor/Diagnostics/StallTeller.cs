using System.Diagnostics;

namespace Reactor.Diagnostics;

/// <summary>Counts stalls, and has them reported: not more often than once in a while for each shard, for they come in swarms.</summary>
internal sealed class StallTeller
{
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(10);

    private readonly Action<StallReport> _report;
    private readonly Action<Shard, Stall> _count;
    private readonly Dictionary<Shard, Told> _told = [];

    /// <param name="report">Is given what is to be reported.</param>
    /// <param name="count">Is given every stall, once, when it has ended.</param>
    internal StallTeller(Action<StallReport> report, Action<Shard, Stall> count)
    {
        _report = report;
        _count = count;
    }

    /// <param name="shard">Which has stalled.</param>
    /// <param name="stall">As its watch has found it.</param>
    /// <param name="now">In Stopwatch ticks.</param>
    internal void Tell(Shard shard, Stall stall, long now)
    {
        if (stall.IsOver)
        {
            TryCount(shard, stall);
        }

        if (!_told.TryGetValue(shard, out Told? told))
        {
            _told.Add(shard, told = new Told());
        }

        if (now < told.QuietUntil && !(stall.WasTold && told.GoesOn))
        {
            told.Suppressed += stall.IsOver ? 1 : 0;
            told.GoesOn = false;
            return;
        }

        told.QuietUntil = now + Shard.ToStopwatchTicks(s_reportInterval);
        told.GoesOn = !stall.IsOver;
        var report = new StallReport(shard, stall.Group)
        {
            Duration = Stopwatch.GetElapsedTime(0, stall.Ticks),
            IsOver = stall.IsOver,
            Cause = stall.Cause,
            Code = CodeName.Of(stall.Code),
            Suppressed = told.Suppressed,
        };
        told.Suppressed = 0;
        try
        {
            _report(report);
        }
        catch (Exception failure)
        {
            Complain($"The {nameof(ReactorOptions.StallDetected)} callback failed ({failure}) when told: {report}");
        }
    }

    /// <summary>Listeners of meters and events are called where something is counted.</summary>
    private void TryCount(Shard shard, Stall stall)
    {
        try
        {
            _count(shard, stall);
        }
        catch (Exception failure)
        {
            Complain($"{shard}: a listener failed when a stall was counted: {failure}");
        }
    }

    /// <remarks>What is thrown on the watcher's thread would end the process.</remarks>
    private static void Complain(string message)
    {
        try
        {
            Console.Error.WriteLine(message);
        }
        catch (IOException)
        {
            // The standard error stream is full or closed. There is no other.
        }
    }

    private sealed class Told
    {
        internal long QuietUntil { get; set; } = long.MinValue;

        internal int Suppressed { get; set; }

        /// <summary>The last report was of a stall under way, whose end is to be told.</summary>
        internal bool GoesOn { get; set; }
    }
}
