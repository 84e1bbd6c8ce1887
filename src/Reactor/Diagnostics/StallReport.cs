using System.Globalization;

namespace Reactor;

/// <summary>A shard's loop did not turn for longer than <see cref="ReactorOptions.StallThreshold"/>: everything on it had to wait.</summary>
public sealed class StallReport
{
    internal StallReport(Shard shard, SchedulingGroup group)
    {
        Shard = shard;
        SchedulingGroup = group;
    }

    /// <summary>Which shard.</summary>
    public Shard Shard { get; }

    /// <summary>For how long: as the shard measured it if the stall is over, until now if not.</summary>
    public TimeSpan Duration { get; internal init; }

    /// <summary>False when it goes on: then there is another report at its end.</summary>
    public bool IsOver { get; internal init; }

    /// <summary>Why.</summary>
    public StallCause Cause { get; internal init; }

    /// <summary>
    /// What ran: an async method as <c>Type.Method</c>, or the method of a delegate. It is what the loop called; what that
    /// called in turn is not known, except where it blocked. Null if the loop itself was held up, or nobody saw.
    /// </summary>
    public string? Code { get; internal init; }

    /// <summary>The scheduling group in which it ran.</summary>
    public SchedulingGroup SchedulingGroup { get; }

    /// <summary>How many stalls of this shard were counted and not reported since the report before.</summary>
    public int Suppressed { get; internal init; }

    /// <summary>The report in a sentence or two, with what to do about it.</summary>
    public override string ToString()
    {
        string stalled = string.Create(CultureInfo.InvariantCulture, $"{Shard} {(IsOver ? "did" : "does")} not turn for {Duration.TotalMilliseconds:N0} ms");
        string code = $"{Code ?? "something that was not seen"} (scheduling group '{SchedulingGroup.Name}')";
        string why = Cause switch
        {
            StallCause.Blocking => $"it was blocked by {code}, which waits for a task, a lock or their like. What it waits for may need this very shard: await it instead.",
            StallCause.GarbageCollection => $"a garbage collection held it while it ran {code}.",
            StallCause.NotScheduled => $"its thread was not given a CPU, because others ran there, while it ran {code}.",
            _ => $"it ran {code}. Let long work yield (await Shard.YieldIfNeeded()), and blocking calls run elsewhere (Task.Run).",
        };
        return Suppressed == 0 ? $"{stalled}: {why}" : $"{stalled}: {why} ({Suppressed} more of its stalls were not reported.)";
    }
}
