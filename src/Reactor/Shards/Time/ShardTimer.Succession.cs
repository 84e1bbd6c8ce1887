namespace Reactor.Shards;

// When the shard has stopped: one of .NET's own timers takes over, so that a Task.Delay is not pending for ever.
internal sealed partial class ShardTimer
{
    // For all timers of stopped shards, which are seldom set: one lock in each timer would be paid for by those of shards
    // that run.
    private static readonly Lock s_succession = new();

    private ITimer? _successor;

    /// <summary>
    /// The time that is left goes to the successor. Called by the stopped shard's thread, once the timer is out of the
    /// timer set and before the inbox is closed: so nobody else is here yet.
    /// </summary>
    internal void HandOver() => FollowAfterStop(_ticket, _schedule with { Deadline = Deadline });

    /// <remarks>
    /// Here come the shard's thread, with requests that had been sent in time, and everybody whose request was refused.
    /// The tickets put them in order. What the shard wrote without the lock is seen here: it did so before it closed the
    /// inbox, and that is how the others come here.
    /// </remarks>
    private void FollowAfterStop(long ticket, TimerSchedule schedule)
    {
        lock (s_succession)
        {
            if (ticket < _ticket || _isDisposed)
            {
                return;
            }

            _ticket = ticket;
            if (_successor is not null || schedule.Deadline != TimerSchedule.Never)
            {
                _successor ??= CreateSuccessor();
                _successor.Change(schedule.SystemDueTime, schedule.SystemPeriod);
            }
        }
    }

    private Task EndAfterStopAsync()
    {
        lock (s_succession)
        {
            return _successor is null ? Task.CompletedTask : _successor.DisposeAsync().AsTask();
        }
    }

    /// <remarks>The callback has a context already; that of whoever comes here is not for it.</remarks>
    private ITimer CreateSuccessor()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Create();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Create();
        }

        ITimer Create() => TimeProvider.System.CreateTimer(static timer => ((ShardTimer)timer!).RunAfterStop(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>On the thread pool, where an exception that leaves it would end the process.</summary>
    private void RunAfterStop()
    {
        if (_isDisposed)
        {
            return;
        }

        try
        {
            CallInContext();
        }
        catch (Exception exception)
        {
            _shard.ReportUnhandled(exception);
        }
    }
}
