using System.Diagnostics;
using Reactor.Diagnostics;
using Reactor.Shards;

namespace Reactor;

// What the stall detector sees of the shard. Written here in passing, read by the watcher's thread.
public sealed partial class Shard
{
    private readonly long _stallThreshold;

    // The state of the continuation that runs now: what is held responsible for a stall.
    private object? _running;
    private string? _blocker;
    private long _runningSince;
    private long _lastStalledTurn = -1;
    private long _lastStallTicks;

    /// <summary>The kernel's number of the thread, once the shard has started.</summary>
    internal int ThreadId { get; private set; }

    /// <summary>What the shard is doing. From any thread; parts of it may be a moment older than others.</summary>
    internal ShardActivity Activity => new()
    {
        Turn = Volatile.Read(ref _counters.Turns),
        IsIdle = _idleTime.IsIdle,
        Running = CodeOf(Volatile.Read(ref _running)),
        RunningSince = Volatile.Read(ref _runningSince),
        Blocker = Volatile.Read(ref _blocker),
        Group = Volatile.Read(ref _currentQueue).Group,
        LastStalledTurn = Volatile.Read(ref _lastStalledTurn),
        LastStallTicks = Volatile.Read(ref _lastStallTicks),
    };

    /// <summary>What the continuation that now runs belongs to.</summary>
    internal void NowRuns(object? state) => _running = state;

    /// <summary>Asked while it runs: what has run is given back to its pool, and then has no code any more.</summary>
    private static object? CodeOf(object? running) => running is ShardWork work ? work.Code ?? work : running;

    /// <summary>After each round of work: was it too long?</summary>
    private void NoteEndOfWork(long now)
    {
        long ticks = now - _runningSince;
        if (ticks >= _stallThreshold)
        {
            _lastStallTicks = ticks;
            Volatile.Write(ref _lastStalledTurn, _counters.Turns);
        }
    }

    /// <summary>
    /// Blocks the shard's thread as code on it has asked for, which it should not. If it takes long, the one who does it is
    /// noted: nobody but the thread itself can see its own stack.
    /// </summary>
    /// <param name="wait">Waits for so many milliseconds, -1 without end, and says how that ended.</param>
    /// <param name="milliseconds">How long the code wants to wait; -1 without end.</param>
    private int Block(Func<int, int> wait, int milliseconds)
    {
        int soon = (int)(Stopwatch.GetElapsedTime(0, _stallThreshold).TotalMilliseconds * 3 / 4);
        if (_blocker is not null || _stallThreshold == long.MaxValue || (milliseconds >= 0 && milliseconds <= soon))
        {
            return wait(milliseconds);
        }

        long since = Stopwatch.GetTimestamp();
        int result = wait(soon);
        if (result != WaitHandle.WaitTimeout)
        {
            return result;
        }

        try
        {
            _blocker = CodeName.OfCaller(new StackTrace(fNeedFileInfo: false));
            return wait(milliseconds < 0 ? milliseconds : Math.Max(0, milliseconds - (int)Stopwatch.GetElapsedTime(since).TotalMilliseconds));
        }
        finally
        {
            _blocker = null;
        }
    }
}
