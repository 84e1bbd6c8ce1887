namespace Reactor.Timers;

/// <summary>
/// What waits for its time in a <see cref="TimerSet"/>. It is its own node in the set's lists, so that arming and
/// cancelling allocate nothing and search for nothing. In one set at a time.
/// </summary>
internal abstract class TimerEntry
{
    /// <summary>The <see cref="Bucket"/> of an entry that is not armed.</summary>
    internal const int NotArmed = -1;

    // All of these are the set's to write.
    internal TimerEntry? Previous;
    internal TimerEntry? Next;

    /// <summary>When it is or was due, in ticks of the clock that the set is driven by (Stopwatch ticks).</summary>
    internal long Deadline;

    /// <summary>Counts how often the set was armed: of two entries with one deadline, the one armed first goes first.</summary>
    internal long Sequence;

    /// <summary>The list that it is in, so that cancelling finds it.</summary>
    internal int Bucket = NotArmed;

    internal bool IsArmed => Bucket != NotArmed;

    /// <summary>
    /// Its time has come. It is no longer armed, and may arm or cancel itself and any other; one that is cancelled here is
    /// not called, even when it was due together with this one.
    /// </summary>
    internal abstract void OnDue();
}
