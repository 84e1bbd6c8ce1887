using System.Diagnostics;

namespace Reactor.Shards;

/// <summary>
/// How long a shard has had nothing to do, spinning and sleeping, and how long it was busy: counted by the shard alone, and
/// right for a reader on another thread at any moment, also in the middle of a sleep that takes hours.
/// </summary>
/// <remarks>
/// All that readers need is one word. While the shard is busy it is the idle time so far; while it is idle it is that less
/// the time at which it became idle, so that the word and the present make the idle time. The clock counts from before the
/// shard's start, so that the second is negative and the first is not.
/// </remarks>
internal sealed class IdleTime
{
    /// <summary>Instead of the end: it comes now, and no reader may take a time that turns out to be later.</summary>
    private const long Ending = -1;

    private long _startedAt;
    private long _endedAt;
    private long _word;

    /// <summary>The loop begins, and is busy. Times are in Stopwatch ticks.</summary>
    internal void Start(long now) => Volatile.Write(ref _startedAt, now);

    /// <summary>The shard has nothing to do.</summary>
    internal void Begin(long now) => Volatile.Write(ref _word, _word - now);

    /// <summary>It goes on.</summary>
    internal void End(long now) => Volatile.Write(ref _word, _word + now);

    /// <summary>The shard has come to its end: nothing grows any more. Without effect if it never started.</summary>
    internal void Stop()
    {
        if (_startedAt != 0)
        {
            Interlocked.Exchange(ref _endedAt, Ending);
            Volatile.Write(ref _endedAt, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>From any thread. Together the two make the time since the start; neither is ever less than it was.</summary>
    internal (TimeSpan Busy, TimeSpan Idle) Read()
    {
        long start = Volatile.Read(ref _startedAt);
        if (start == 0)
        {
            return default;
        }

        while (true)
        {
            long word = Volatile.Read(ref _word);
            long end = Volatile.Read(ref _endedAt);
            long now = end != 0 ? end : Stopwatch.GetTimestamp();
            if (word == Volatile.Read(ref _word) && end == Volatile.Read(ref _endedAt) && end != Ending)
            {
                // The word held at that time, and the end had not come.
                long idle = word < 0 ? word + now : word;
                return (Stopwatch.GetElapsedTime(start + idle, now), Stopwatch.GetElapsedTime(0, idle));
            }
        }
    }
}
