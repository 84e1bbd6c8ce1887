using System.Diagnostics;

namespace Reactor.Shards;

/// <summary>
/// How long an idle shard looks for news before it sleeps. Sleeping and being woken costs some ten microseconds of latency;
/// looking costs CPU time that others might need. So it looks only while that has lately found something in time.
/// </summary>
/// <remarks>
/// The rule is that of the kernel's halt polling for virtual machines: an idle period that ended within the longest time
/// for which we would look lengthens the time, one that went on longer shortens it, until an idle shard does not look at
/// all. In addition, looking in vain several times in a row stops it for a while: whoever has the news for us may need the
/// very CPU on which we look.
/// </remarks>
internal sealed class IdleSpin
{
    /// <summary>Looks between two readings of the clock, which costs as much as several of them.</summary>
    private const int LooksPerClockReading = 16;

    /// <summary>How many vain spins in a row show that spinning does not help, and for how many sleeps it then stays away.</summary>
    private const int VainSpinsToStop = 8;
    private const int SleepsToSkip = 256;

    /// <summary>The first step: about what falling asleep and waking up costs the CPU.</summary>
    private static readonly long s_shortest = Stopwatch.Frequency / 200_000;

    private readonly long _longest;
    private readonly bool _isUnbounded;
    private long _idleSince;
    private int _vainSpins;
    private int _sleepsToSkip;

    /// <param name="longest">Zero never spins; <see cref="Timeout.InfiniteTimeSpan"/> never sleeps.</param>
    internal IdleSpin(TimeSpan longest)
    {
        _isUnbounded = longest == Timeout.InfiniteTimeSpan;
        _longest = (long)(Math.Max(longest.TotalSeconds, 0) * Stopwatch.Frequency);
    }

    /// <summary>How long it would look now, in Stopwatch ticks.</summary>
    internal long Window { get; private set; }

    /// <summary>Looks for news; false when it is time to sleep.</summary>
    /// <param name="shard">For which.</param>
    /// <param name="since">When it became idle, in Stopwatch ticks.</param>
    /// <param name="now">When it found any; not for use if it did not.</param>
    internal bool TrySpin(Shard shard, long since, out long now)
    {
        now = since;
        if (_isUnbounded)
        {
            SpinWithoutEnd(shard);
            now = Stopwatch.GetTimestamp();
            return true;
        }

        if (_longest == 0)
        {
            return false;
        }

        _idleSince = since;
        if (Window == 0 || _sleepsToSkip > 0)
        {
            return false;
        }

        long end = since + Window;
        do
        {
            for (int look = 0; look < LooksPerClockReading; look++)
            {
                if (shard.HasNews)
                {
                    _vainSpins = 0;
                    now = Stopwatch.GetTimestamp();
                    Adapt(now - since);
                    return true;
                }

                // One pause instruction: lets the other thread of the core run.
                Thread.SpinWait(1);
            }

            now = Stopwatch.GetTimestamp();
            if (now >= shard.Timers.NextDeadline)
            {
                return true;
            }
        }
        while (now < end);

        if (++_vainSpins == VainSpinsToStop)
        {
            _vainSpins = 0;
            _sleepsToSkip = SleepsToSkip;
            Window = 0;
        }

        return false;
    }

    /// <summary>The sleep that followed is over.</summary>
    internal void OnSlept(long now)
    {
        if (_longest == 0)
        {
            return;
        }

        if (_sleepsToSkip > 0)
        {
            _sleepsToSkip--;
            return;
        }

        Adapt(now - _idleSince);
    }

    /// <summary>Learns from an idle period, in Stopwatch ticks.</summary>
    internal void Adapt(long idle)
    {
        if (idle <= _longest)
        {
            Window = Math.Min(Math.Max(Window * 2, s_shortest), _longest);
        }
        else
        {
            Window = Window / 2 < s_shortest ? 0 : Window / 2;
        }
    }

    /// <remarks>The kernel's own threads may need this CPU: it is offered to them now and then.</remarks>
    private static void SpinWithoutEnd(Shard shard)
    {
        while (true)
        {
            for (int look = 0; look < 64 * LooksPerClockReading; look++)
            {
                if (shard.HasNews)
                {
                    return;
                }

                if (look % LooksPerClockReading == 0 && Stopwatch.GetTimestamp() >= shard.Timers.NextDeadline)
                {
                    return;
                }

                Thread.SpinWait(1);
            }

            Thread.Yield();
        }
    }
}
