using System.Numerics;
using System.Runtime.CompilerServices;

namespace Reactor.Timers;

/// <summary>
/// The timers of one shard, on a clock that is handed in. Entries are sorted only as far as needed: into buckets by the
/// highest bit in which the deadline differs from the set's time, the nearest bucket in detail only when its time comes.
/// For one thread.
/// </summary>
/// <remarks>
/// <para>
/// The structure is that of Seastar's timer_set, a hierarchical timing wheel of radix two. Bucket 0 has what was due when it
/// was armed; bucket <c>i</c> has the deadlines that agree with the set's time above bit <c>i - 1</c> and have that bit set
/// where the time has not. All of a bucket is thus earlier than all of the next one, and a time that reaches into bucket
/// <c>i</c> makes all lower ones due and leaves all higher ones as they are.
/// </para>
/// <para>
/// Arming and cancelling are O(1). Expiring costs the entries that are due (sorted, O(d log d)) and the one bucket that the
/// time reaches into, whose other entries each move to a lower bucket: at most 63 times in an entry's life, mostly less than
/// a handful. A timeout that is cancelled before its bucket is reached, as those of requests are, never moves at all. The
/// price is that one Expire may have to move a whole bucket: some 10 ns for each entry, a millisecond for 100,000.
/// </para>
/// </remarks>
internal sealed partial class TimerSet
{
    /// <summary>One for what is due at once, one for each bit of a time that is not negative.</summary>
    private const int BucketCount = 64;

    private readonly Bucket[] _buckets = new Bucket[BucketCount];

    /// <summary>Bit <c>i</c>: bucket <c>i</c> has entries.</summary>
    private ulong _nonEmpty;

    /// <summary>The time that the buckets are relative to: that of the last <see cref="Expire"/> that found something to do.</summary>
    private long _last;

    private long _sequence;

    /// <summary>How many entries are armed.</summary>
    internal int Count { get; private set; }

    /// <summary>
    /// Nothing is due before this: a lower bound of the earliest deadline, and <see cref="long.MaxValue"/> when nothing is
    /// armed. Inside <see cref="TimerEntry.OnDue"/> it leaves out the entries of the batch that are still to be called.
    /// </summary>
    /// <remarks>
    /// Each bucket keeps the earliest deadline that was put into it since it was empty, so that this is one look-up and no
    /// operation ever searches a bucket for its minimum. Cancelling leaves that of the bucket stale: who sleeps until then
    /// wakes in vain, but once only, because an <see cref="Expire"/> at that time reaches into the bucket and divides it.
    /// </remarks>
    internal long NextDeadline => _nonEmpty == 0 ? long.MaxValue : _buckets[BitOperations.TrailingZeroCount(_nonEmpty)].Earliest;

    /// <summary>
    /// Lets the entry be called by the first <see cref="Expire"/> at the deadline or later; one that is armed already moves
    /// there. A deadline in the past means the next <see cref="Expire"/>.
    /// </summary>
    /// <remarks>Hot path: once per operation that has a timeout.</remarks>
    internal void Arm(TimerEntry entry, long deadline)
    {
        int index = BucketOf(deadline);
        entry.Deadline = deadline;
        entry.Sequence = _sequence++;
        if (entry.Bucket == index)
        {
            // A timeout that is pushed back a little mostly stays where it is.
            ref Bucket bucket = ref _buckets[index];
            bucket.Earliest = Math.Min(bucket.Earliest, deadline);
            return;
        }

        if (entry.IsArmed)
        {
            Unlink(entry);
        }
        else
        {
            Count++;
        }

        Link(entry, index);
    }

    /// <summary>Lets the entry not be called. Returns whether it was armed.</summary>
    /// <remarks>Hot path, like <see cref="Arm"/>.</remarks>
    internal bool Cancel(TimerEntry entry)
    {
        if (!entry.IsArmed)
        {
            return false;
        }

        Unlink(entry);
        entry.Bucket = TimerEntry.NotArmed;
        Count--;
        return true;
    }

    /// <summary>Takes out an entry, whichever; null when none is armed. For the end of the set.</summary>
    internal TimerEntry? TakeAny()
    {
        if (_nonEmpty == 0)
        {
            return null;
        }

        TimerEntry entry = _buckets[BitOperations.TrailingZeroCount(_nonEmpty)].First!;
        Cancel(entry);
        return entry;
    }

    /// <summary>The bucket of a deadline, as seen from the set's time, which is never negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(long deadline) =>
        deadline <= _last ? 0 : BucketCount - BitOperations.LeadingZeroCount((ulong)(deadline ^ _last));

    private void Link(TimerEntry entry, int index)
    {
        ref Bucket bucket = ref _buckets[index];
        TimerEntry? first = bucket.First;
        if (first is null)
        {
            _nonEmpty |= 1UL << index;
            bucket.Earliest = entry.Deadline;
        }
        else
        {
            first.Previous = entry;
            bucket.Earliest = Math.Min(bucket.Earliest, entry.Deadline);
        }

        entry.Bucket = index;
        entry.Next = first;
        bucket.First = entry;
    }

    private void Unlink(TimerEntry entry)
    {
        if (entry.Bucket == InBatch)
        {
            // The batch passes over those that are no longer marked as its own.
            return;
        }

        TimerEntry? previous = entry.Previous;
        TimerEntry? next = entry.Next;
        if (next is not null)
        {
            next.Previous = previous;
            entry.Next = null;
        }

        if (previous is not null)
        {
            previous.Next = next;
            entry.Previous = null;
            return;
        }

        _buckets[entry.Bucket].First = next;
        if (next is null)
        {
            _nonEmpty &= ~(1UL << entry.Bucket);
        }
    }

    private struct Bucket
    {
        internal TimerEntry? First;

        /// <summary>No entry is earlier. Meaningless while the bucket is empty.</summary>
        internal long Earliest;
    }
}
