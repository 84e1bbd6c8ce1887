namespace Reactor.Polling;

/// <summary>
/// What a backend counts. Plain fields, written by the shard alone; readers on other threads see whole values, a little
/// old. Two pairs prove the book-keeping: submitted = completed + armed, and every slot in use belongs to an open fd.
/// </summary>
internal sealed class PollCounters
{
    /// <summary>Those of a shard that has no backend yet.</summary>
    internal static PollCounters None { get; } = new();

    /// <summary>Polls that the kernel has accepted since the start.</summary>
    internal long PollsSubmitted;

    /// <summary>Calls that carried them.</summary>
    internal long SubmitCalls;

    /// <summary>Polls whose completion was harvested.</summary>
    internal long PollsCompleted;

    /// <summary>Times that completions were taken out of the ring, at least one: after a wait, or without one.</summary>
    internal long Harvests;

    /// <summary>Completions that nobody waited for any more: cancelled operations, closing descriptors.</summary>
    internal long StaleCompletions;

    /// <summary>Waits that have found no place among the polls, or that AIO has no polls for.</summary>
    internal long Overflows;

    /// <summary>Those of them that wait now.</summary>
    internal long PollsOverflowing;

    /// <summary>Polls that the kernel refused; each failed its own operation.</summary>
    internal long PollsRefused;

    /// <summary>Descriptors registered now, those that wait for a last completion to be closed included.</summary>
    internal long Descriptors;

    /// <summary>Descriptors that wait for a last completion to be closed.</summary>
    internal long Closing;

    /// <summary>System calls made by the backend: submits, waits, cancels, shutdowns, closes.</summary>
    internal long SystemCalls;

    /// <summary>Polls in the kernel now. Read from any thread; never negative, because what is subtracted is read first.</summary>
    internal long PollsArmed
    {
        get
        {
            long completed = Volatile.Read(ref PollsCompleted);
            return Volatile.Read(ref PollsSubmitted) - completed;
        }
    }
}
