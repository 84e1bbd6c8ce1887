using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Shards;

namespace Reactor.Diagnostics;

/// <summary>
/// The one thread that looks after all shards of a host: an ordinary one, with no privilege, twice within the threshold,
/// and not at all while no shard has anything to do. It reads what the shards write anyway; the shards do nothing for it
/// but to read a flag when they become busy.
/// </summary>
internal sealed class StallWatcher : IDisposable
{
    /// <summary>A stall that does not end is told when it is this old. So is a deadlock.</summary>
    private static readonly TimeSpan s_firstTelling = TimeSpan.FromSeconds(1);

    /// <summary>How long the end waits for a report under way: whoever is told may be the one who waits for the end.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    // Waits are in whole milliseconds, and not of any length.
    private static readonly TimeSpan s_leastPeriod = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromHours(1);

    private readonly Watched[] _shards;
    private readonly StallTeller _teller;
    private readonly long _period;
    private readonly WakeFlag _isParked = new();
    private readonly AutoResetEvent _signal = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _isStopping;

    // Totals, in Stopwatch ticks. The second is that of the moment when a shard became busy.
    private long _unseen;
    private long _collectingAtWake;

    /// <param name="shards">They run already.</param>
    /// <param name="threshold">In Stopwatch ticks.</param>
    /// <param name="teller">Is told what is found, on the watcher's thread.</param>
    internal StallWatcher(IReadOnlyList<Shard> shards, long threshold, StallTeller teller)
    {
        _period = Math.Clamp(threshold / 2, Shard.ToStopwatchTicks(s_leastPeriod), Shard.ToStopwatchTicks(s_longestPeriod));
        _teller = teller;
        _shards = [.. shards.Select(shard => new Watched(
            shard,
            new StallWatch(threshold, Math.Max(threshold, Shard.ToStopwatchTicks(s_firstTelling))),
            new ThreadScheduling(shard.ThreadId)))];
        RestartAll();
        _thread = new Thread(Watch) { IsBackground = true, Name = "reactor-watch" };
        _thread.UnsafeStart();
    }

    /// <summary>By a shard that has become busy. Mostly it costs one read.</summary>
    internal void OnBusy()
    {
        if (_isParked.TryTake())
        {
            // The watcher itself may be held by the collection that what comes next brings about.
            _collectingAtWake = Collecting;
            _signal.Set();
        }
    }

    /// <summary>Ends the thread, or if that is in a callback that takes long, lets it end after that. The shards have stopped.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _signal.Set();
        if (!_thread.Join(s_patience))
        {
            // It still uses the handles; their finalizers close them.
            return;
        }

        _signal.Dispose();
        foreach (Watched watched in _shards)
        {
            watched.Scheduling.Dispose();
        }
    }

    private void Watch()
    {
        TimeSpan period = Stopwatch.GetElapsedTime(0, _period);
        while (!_isStopping)
        {
            long before = Stopwatch.GetTimestamp();
            _signal.WaitOne(period);
            long now = Stopwatch.GetTimestamp();
            _unseen += Math.Max(0, now - before - _period);
            if (Debugger.IsAttached)
            {
                RestartAll();
            }
            else if (LookAtAll(now))
            {
                Park();
            }
        }
    }

    private void RestartAll()
    {
        long collecting = Collecting;
        foreach (Watched watched in _shards)
        {
            watched.Watch.Restart(watched.Shard.Activity, LostOf(watched, collecting));
        }
    }

    /// <summary>True if all shards have been idle since the look before.</summary>
    private bool LookAtAll(long now)
    {
        bool areQuiet = true;
        long collecting = Collecting;
        foreach (Watched watched in _shards)
        {
            ShardActivity activity = watched.Shard.Activity;
            areQuiet &= activity.IsIdle && activity.Turn == watched.Turn;
            watched.Turn = activity.Turn;
            if (watched.Watch.Look(activity, now, LostOf(watched, collecting)) is { } stall)
            {
                _teller.Tell(watched.Shard, stall, now);
            }
        }

        return areQuiet;
    }

    private static long Collecting => Shard.ToStopwatchTicks(GC.GetTotalPauseDuration());

    private LostTime LostOf(Watched watched, long collecting) =>
        new(collecting, Shard.ToStopwatchTicks(watched.Scheduling.ReadWaiting()), _unseen);

    /// <remarks>
    /// A shard first says that it is busy, then looks at the flag; here it is the other way round. The barrier stands for
    /// both sides: shards become busy often, and this happens rarely.
    /// </remarks>
    private void Park()
    {
        _isParked.Set();
        Interlocked.MemoryBarrierProcessWide();
        if (Array.TrueForAll(_shards, static watched => watched.Shard.Activity.IsIdle) && !_isStopping)
        {
            _signal.WaitOne();
            long now = Stopwatch.GetTimestamp();
            foreach (Watched watched in _shards)
            {
                watched.Watch.Wake(now, _collectingAtWake);
            }
        }

        _isParked.Clear();
    }

    private sealed record Watched(Shard Shard, StallWatch Watch, ThreadScheduling Scheduling)
    {
        /// <summary>As of the last look.</summary>
        internal long Turn { get; set; }
    }
}
