using System.Numerics;

namespace Reactor.Timers;

/// <content>What happens when time goes on: due entries are taken out in one batch, put in order, and called.</content>
internal sealed partial class TimerSet
{
    /// <summary>The <see cref="TimerEntry.Bucket"/> of an entry that is due and is still to be called.</summary>
    private const int InBatch = BucketCount;

    /// <summary>Grows and never shrinks; holds nothing between two calls.</summary>
    private DueEntry[] _batch = new DueEntry[16];

    private int _batchLength;
    private bool _isFiring;

    /// <summary>
    /// Calls every entry whose deadline is <paramref name="now"/> or earlier, in the order of the deadlines and, where they
    /// are equal, of arming. What these calls arm waits for the next Expire, even when it is due: a timer that always arms
    /// itself for the present cannot hold the loop.
    /// </summary>
    /// <param name="now">A clock that steps back counts as one that stands still.</param>
    /// <returns>How many were called.</returns>
    /// <exception cref="InvalidOperationException">Called from within <see cref="TimerEntry.OnDue"/>.</exception>
    /// <remarks>
    /// An exception from <see cref="TimerEntry.OnDue"/> comes out of here. The entry that threw has had its call; those after
    /// it stay armed, and the next Expire calls them.
    /// </remarks>
    internal int Expire(long now)
    {
        if (_isFiring)
        {
            throw new InvalidOperationException("a timer's callback must not expire the timer set that is calling it");
        }

        // Hot path: asked in every turn of the loop, and mostly nothing is due.
        if (now < NextDeadline)
        {
            return 0;
        }

        TakeDue(Math.Max(now, _last));
        _batch.AsSpan(0, _batchLength).Sort();
        return Fire();
    }

    /// <summary>Moves the set's time to now: lower buckets are due as a whole, the one that now is in is divided.</summary>
    private void TakeDue(long now)
    {
        int reached = BucketOf(now);
        ulong taken = _nonEmpty & ((2UL << reached) - 1);
        _nonEmpty &= ~taken;
        _last = now;

        // Upwards, so that what moves down from the last one finds the lower ones emptied.
        for (; taken != 0; taken &= taken - 1)
        {
            ref Bucket bucket = ref _buckets[BitOperations.TrailingZeroCount(taken)];
            TimerEntry? entry = bucket.First;
            bucket.First = null;
            while (entry is not null)
            {
                TimerEntry? next = entry.Next;
                entry.Previous = null;
                entry.Next = null;
                if (entry.Deadline <= now)
                {
                    AddToBatch(entry);
                }
                else
                {
                    Link(entry, BucketOf(entry.Deadline));
                }

                entry = next;
            }
        }
    }

    private void AddToBatch(TimerEntry entry)
    {
        if (_batchLength == _batch.Length)
        {
            Array.Resize(ref _batch, _batch.Length * 2);
        }

        entry.Bucket = InBatch;
        _batch[_batchLength++] = new DueEntry(entry);
    }

    private int Fire()
    {
        int called = 0;
        int place = 0;
        _isFiring = true;
        try
        {
            while (place < _batchLength)
            {
                TimerEntry entry = TakeFromBatch(place++);
                if (entry.Bucket != InBatch)
                {
                    // One that was called before it has cancelled it, or armed it for another time.
                    continue;
                }

                entry.Bucket = TimerEntry.NotArmed;
                Count--;
                called++;
                entry.OnDue();
            }
        }
        finally
        {
            // Something is left only after an exception. Put back as it was, with its place in the order.
            while (place < _batchLength)
            {
                TimerEntry entry = TakeFromBatch(place++);
                if (entry.Bucket == InBatch)
                {
                    Link(entry, 0);
                }
            }

            _batchLength = 0;
            _isFiring = false;
        }

        return called;
    }

    private TimerEntry TakeFromBatch(int place)
    {
        TimerEntry entry = _batch[place].Entry;
        _batch[place] = default;
        return entry;
    }

    /// <summary>An entry with its place in the order beside it, so that sorting does not go through the entries' memory.</summary>
    private readonly struct DueEntry(TimerEntry entry) : IComparable<DueEntry>
    {
        internal readonly TimerEntry Entry = entry;
        private readonly long _deadline = entry.Deadline;
        private readonly long _sequence = entry.Sequence;

        public int CompareTo(DueEntry other) =>
            _deadline != other._deadline ? _deadline.CompareTo(other._deadline) : _sequence.CompareTo(other._sequence);
    }
}
