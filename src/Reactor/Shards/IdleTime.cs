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
    private long _startedAt;
    private long _endedAt;
    private long _word;

    // The readers' own: what has been told. The shard reads the clock first and writes the word then, so that in between a
    // reader tells of an idle period that is over already, or of none when one has begun.
    private readonly Lock _readers = new();
    private long _toldBusy;
    private long _toldIdle;

    /// <summary>The shard does nothing now: it is idle, has not started, or has come to its end. From any thread.</summary>
    internal bool IsIdle => Volatile.Read(ref _word) < 0 || Volatile.Read(ref _startedAt) == 0 || Volatile.Read(ref _endedAt) != 0;

    /// <summary>The loop begins, and is busy. Times are in Stopwatch ticks.</summary>
    internal void Start(long now) => Volatile.Write(ref _startedAt, now);

    /// <summary>The shard has nothing to do.</summary>
    internal void Begin(long now) => Volatile.Write(ref _word, _word - now);

    /// <summary>It goes on.</summary>
    internal void End(long now) => Volatile.Write(ref _word, _word + now);

    /// <summary>The shard has come to its end: nothing grows any more.</summary>
    internal void Stop(long now) => Volatile.Write(ref _endedAt, now);

    /// <summary>From any thread. Together the two make the time since the start; neither is ever less than it was.</summary>
    internal (TimeSpan Busy, TimeSpan Idle) Read()
    {
        long start = Volatile.Read(ref _startedAt);
        if (start == 0)
        {
            return default;
        }

        lock (_readers)
        {
            (long now, long idle) = Look();
            long total = Math.Max(now - start, _toldBusy + _toldIdle);
            _toldIdle = Math.Clamp(idle, _toldIdle, total - _toldBusy);
            _toldBusy = total - _toldIdle;
            return (Stopwatch.GetElapsedTime(0, _toldBusy), Stopwatch.GetElapsedTime(0, _toldIdle));
        }
    }

    /// <summary>The idle time, and the time at which it was so.</summary>
    private (long Now, long Idle) Look()
    {
        while (true)
        {
            long word = Volatile.Read(ref _word);
            long end = Volatile.Read(ref _endedAt);
            long now = end != 0 ? end : Stopwatch.GetTimestamp();
            if (word == Volatile.Read(ref _word))
            {
                return (now, word < 0 ? word + now : word);
            }
        }
    }
}
