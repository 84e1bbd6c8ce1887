using System.Diagnostics.CodeAnalysis;
using Reactor.Timers;

namespace Reactor.Shards;

/// <summary>
/// What is behind a <see cref="ShardTimeout"/>: a token's source and the timer that cancels it. Pooled, and lent to one
/// user after the other, whom the version tells apart.
/// </summary>
/// <remarks>
/// <para>
/// A source that was not cancelled serves again: resetting it drops what is still registered and keeps the nodes, so that
/// registering allocates nothing either. One that was cancelled stays so for whoever still holds its token, and a new one
/// takes its place.
/// </para>
/// <para>
/// The token and whether the time has elapsed are read on any thread, the version after them: as long as it is still the
/// reader's own, so was what it has read.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing but a wait handle that a user may have asked for, and who still has the token may wait for it.")]
internal sealed class TimeoutSource : ShardWork, ICancellable, IEndsAtStop
{
    private readonly ElapseTimer _timer;
    private CancellationTokenSource _source = new();
    private CancellationObserver _linked;
    private long _version;
    private bool _isLent;

    // Stands in the run queue to cancel: because the time is over, or because the shard stops.
    private bool _isQueued;
    private bool _isTimeOver;
    private volatile bool _hasElapsed;

    private TimeoutSource(Shard shard)
    {
        Shard = shard;
        _timer = new ElapseTimer(this);
    }

    public Shard Shard { get; }

    /// <remarks>Hot path: once per operation that has a timeout.</remarks>
    internal static ShardTimeout Start(Shard shard, TimeSpan timeout, CancellationToken linked)
    {
        TimeoutSource source = Pool<TimeoutSource>.Rent() ?? new TimeoutSource(shard);
        source.Begin(timeout, linked);
        return new ShardTimeout(source, source._version);
    }

    internal CancellationToken GetToken(long version)
    {
        CancellationToken token = Volatile.Read(ref _source).Token;
        ThrowIfDisposed(version);
        return token;
    }

    internal bool HasElapsed(long version)
    {
        bool hasElapsed = _hasElapsed;
        ThrowIfDisposed(version);
        return hasElapsed;
    }

    /// <summary>On any thread; without effect when the version is not the present one.</summary>
    internal void Dispose(long version)
    {
        if (Shard.IsOnShard)
        {
            End(version);
        }
        else if (Volatile.Read(ref _version) == version
            && !Shard.TrySend(new PostedAction<(TimeoutSource Source, long Version)>(static ended => ended.Source.End(ended.Version), (this, version))))
        {
            // The shard has stopped, and has let go of everything.
            End(version);
        }
    }

    /// <summary>From the run queue.</summary>
    internal override void Run()
    {
        _isQueued = false;
        if (!_isLent)
        {
            Pool<TimeoutSource>.Return(this);
            return;
        }

        if (!_source.IsCancellationRequested)
        {
            _hasElapsed = _isTimeOver;

            // The last thing here: who awaits may be resumed within, end this timeout, and begin another with this object.
            _source.Cancel();
        }
    }

    void ICancellable.Cancel(CancellationToken token)
    {
        Shard.Timers.Cancel(_timer);

        // The last thing here, as above.
        _source.Cancel();
    }

    /// <remarks>Not cancelled here: an exception from what is registered must not keep the shard from ending its other waits.</remarks>
    void IEndsAtStop.EndAtStop(Exception reason)
    {
        Shard.RemoveWait(this);
        Shard.Timers.Cancel(_timer);
        Enqueue();
    }

    private void Begin(TimeSpan timeout, CancellationToken linked)
    {
        if (_source.IsCancellationRequested)
        {
            _source = new CancellationTokenSource();
        }

        _isLent = true;
        Group = Shard.CurrentQueue.Group;
        _isTimeOver = false;
        _hasElapsed = false;
        if (!Shard.TryAddWait(this, out _))
        {
            _source.Cancel();
            return;
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            Shard.ArmTimer(_timer, timeout);
        }

        if (linked.CanBeCanceled)
        {
            CancellationObserver.Observe(ref _linked, this, linked);
        }
    }

    private void End(long version)
    {
        if (Interlocked.CompareExchange(ref _version, version + 1, version) != version)
        {
            return;
        }

        _isLent = false;
        _linked.Stop();
        Shard.RemoveWait(this);
        Shard.Timers.Cancel(_timer);
        _source.TryReset();
        if (Shard.IsOnShard && !_isQueued)
        {
            Pool<TimeoutSource>.Return(this);
        }
    }

    private void Enqueue()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            Shard.Schedule(this);
        }
    }

    private void ThrowIfDisposed(long version)
    {
        if (Volatile.Read(ref _version) != version)
        {
            Throw();
        }
    }

    private static void Throw() =>
        throw new ObjectDisposedException(nameof(ShardTimeout), "This timeout has ended. Its token is for what is awaited before Dispose; begin another with Shard.Timeout.");

    private sealed class ElapseTimer(TimeoutSource source) : TimerEntry
    {
        internal override void OnDue()
        {
            source._isTimeOver = true;
            source.Enqueue();
        }
    }
}
