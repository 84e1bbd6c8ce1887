using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Reactor.Timers;

namespace Reactor.Bench.Micro.Timers;

/// <summary>The timer set by itself, with 100,000 timers in it that are due within the next minute.</summary>
public class TimerSetOperations
{
    private const int Present = 100_000;
    private const int Operations = 10_000_000;
    private const int FewerOperations = 2_000_000;

    /// <summary>Far apart in memory from one operation to the next; coprime to the number of timers, so that each has its turn.</summary>
    private const int Stride = 7_919;

    private static readonly long s_minute = 60 * Stopwatch.Frequency;

    private readonly Random _random = new(1);
    private readonly Entry[] _present = new Entry[Present];
    private TimerSet _timers = null!;
    private long _now;

    /// <summary>Before each measurement, because expiring empties the set.</summary>
    [IterationSetup]
    public void Fill()
    {
        _timers = new TimerSet();
        _now += s_minute;
        _timers.Expire(_now);
        for (int i = 0; i < Present; i++)
        {
            _present[i] = new Entry();
            _timers.Arm(_present[i], _now + _random.NextInt64(s_minute));
        }
    }

    /// <summary>A timeout that is set and taken back, as that of a request is.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public int ArmAndCancel()
    {
        var timeout = new Entry();
        for (int i = 0; i < Operations; i++)
        {
            _timers.Arm(timeout, _now + ((long)i << 10));
            _timers.Cancel(timeout);
        }

        return _timers.Count;
    }

    /// <summary>One after the other of the timers that are present is cancelled and armed for another time; their memory is in no cache.</summary>
    [Benchmark(OperationsPerInvoke = FewerOperations)]
    public int CancelAndArmScattered()
    {
        int place = 0;
        for (int i = 0; i < FewerOperations; i++)
        {
            Entry entry = _present[place];
            _timers.Cancel(entry);
            _timers.Arm(entry, _now + (entry.Deadline * 31 % s_minute));
            place = (place + Stride) % Present;
        }

        return _timers.Count;
    }

    /// <summary>The minute passes in steps of a millisecond; an operation is a timer that is called.</summary>
    [Benchmark(OperationsPerInvoke = Present)]
    public int Expire()
    {
        int called = 0;
        long step = Stopwatch.Frequency / 1_000;
        for (long end = _now + s_minute; _now < end; _now += step)
        {
            called += _timers.Expire(_now);
        }

        return called;
    }

    private sealed class Entry : TimerEntry
    {
        internal override void OnDue()
        {
        }
    }
}
