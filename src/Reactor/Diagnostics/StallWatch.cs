namespace Reactor.Diagnostics;

/// <summary>A stall that a watch has found. Times are Stopwatch ticks.</summary>
internal readonly record struct Stall(long Ticks, bool IsOver, StallCause Cause, object? Code, SchedulingGroup Group)
{
    /// <summary>It was found before, while it went on.</summary>
    internal bool WasTold { get; init; }
}

/// <summary>
/// Tells from looks at a shard, taken at least twice within the threshold, whether it stalls. The shard itself measures how
/// long its turns take and notes the last that was too long; the looks find what ran in it, and stalls that do not end.
/// </summary>
/// <remarks>
/// Two looks that find the same turn under way are a suspicion, and what runs then is remembered. Two looks fall into every
/// stall that is longer than the threshold, so that what ran in it is known by the time that the shard tells its length.
/// </remarks>
internal sealed class StallWatch
{
    private readonly long _threshold;
    private readonly long _firstTelling;

    private long _turn = -1;
    private long _turnSeenAt;
    private bool _wasIdle;
    private long _lastStalledTurn = -1;
    private long _nextTelling;

    // Of the turn under way, as of the last look at it.
    private bool _isSuspect;
    private bool _wasTold;
    private long _elapsed;
    private object? _code;
    private string? _blocker;
    private SchedulingGroup _group = SchedulingGroup.Default;

    // As of the last look, and of the one before the turn was first seen.
    private LostTime _lost;
    private LostTime _lostBefore;

    /// <param name="threshold">In Stopwatch ticks.</param>
    /// <param name="firstTelling">A stall that goes on is told when it is this old, and each time that it has doubled.</param>
    internal StallWatch(long threshold, long firstTelling)
    {
        _threshold = threshold;
        _firstTelling = firstTelling;
    }

    /// <summary>Forgets what was seen: nobody has looked for a while.</summary>
    internal void Restart(in ShardActivity activity, LostTime lost)
    {
        _lastStalledTurn = activity.LastStalledTurn;
        _turn = -1;
        _isSuspect = _wasTold = false;
        _code = null;
        _lost = _lostBefore = lost;
    }

    /// <summary>After a time without looks, in which all shards were idle, one has become busy.</summary>
    /// <param name="now">In Stopwatch ticks.</param>
    /// <param name="collecting">The time that collections had taken when it did.</param>
    internal void Wake(long now, long collecting)
    {
        _turnSeenAt = now;
        _lost = _lost with { Collecting = collecting };
        _lostBefore = _lost;
    }

    /// <summary>Takes a look; gives the stall that this look shows, if any.</summary>
    internal Stall? Look(in ShardActivity activity, long now, LostTime lost)
    {
        Stall? found = null;
        if (activity.Turn != _turn || activity.IsIdle)
        {
            found = LookBack(activity, lost);
            _turn = activity.Turn;
            _turnSeenAt = now;
            _wasIdle = activity.IsIdle;
            _isSuspect = _wasTold = false;
            _code = null;
            _nextTelling = _firstTelling;
            _lostBefore = _lost;
        }
        else
        {
            if (_wasIdle)
            {
                // It may have been so until just now, however long ago the look before was.
                _wasIdle = false;
                _turnSeenAt = now;
            }

            _isSuspect = true;
            _group = activity.Group;
            _blocker = activity.Blocker;
            _code = activity.Running;
            _elapsed = now - (_code is null ? _turnSeenAt : activity.RunningSince);
            if (_elapsed >= _nextTelling && Judge(_elapsed, lost) is { } cause)
            {
                found = new Stall(_elapsed, IsOver: false, cause, Code, _group) { WasTold = _wasTold };
                _nextTelling = _elapsed * 2;
                _wasTold = true;
            }
        }

        _lost = lost;
        return found;
    }

    private object? Code => (object?)_blocker ?? _code;

    /// <summary>The turn that was under way has ended: was it a stall?</summary>
    private Stall? LookBack(in ShardActivity activity, LostTime lost)
    {
        long ticks;
        if (activity.LastStalledTurn != _lastStalledTurn)
        {
            _lastStalledTurn = activity.LastStalledTurn;
            ticks = activity.LastStallTicks;
            if (activity.LastStalledTurn != _turn || !_isSuspect)
            {
                // Nobody has looked twice while it lasted, whatever kept the watcher from it.
                _code = _blocker = null;
                _group = activity.Group;
                _wasTold = false;
                if (activity.LastStalledTurn != _turn)
                {
                    _lostBefore = _lost;
                }
            }
        }
        else if (_isSuspect && _code is null && _elapsed >= _threshold)
        {
            // It ran no work, so that it has not measured itself.
            ticks = _elapsed;
        }
        else
        {
            return null;
        }

        return Judge(ticks, lost) is { } cause ? new Stall(ticks, IsOver: true, cause, Code, _group) { WasTold = _wasTold } : null;
    }

    /// <summary>Why a stall lasted so long; null if nothing ran in the whole process.</summary>
    private StallCause? Judge(long ticks, LostTime lost)
    {
        LostTime during = lost - _lostBefore;
        long most = ticks / 2;
        return during switch
        {
            _ when during.Collecting + during.NotScheduled >= most =>
                during.Collecting >= during.NotScheduled ? StallCause.GarbageCollection : StallCause.NotScheduled,
            _ when during.Unseen >= most => null,
            _ when _blocker is not null => StallCause.Blocking,
            _ => StallCause.Code,
        };
    }
}
