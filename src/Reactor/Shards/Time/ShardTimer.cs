using System.Runtime.CompilerServices;
using Reactor.Timers;

namespace Reactor.Shards;

/// <summary>
/// A timer of <see cref="ShardTimeProvider"/>: set and disposed on any thread, called on its shard, from the run queue.
/// </summary>
/// <remarks>
/// Its state is the shard's. Who sets it elsewhere sends a request, through the inbox. A call on the shard may thus
/// overtake a request that was made before it; so each takes a ticket, and what comes with an older ticket than that of
/// the schedule in force is dropped: the last who called has his way.
/// </remarks>
internal sealed partial class ShardTimer : TimerEntry, ITimer
{
    private static readonly Action<object?> s_run = static timer => Unsafe.As<ShardTimer>(timer!).Run();
    private static readonly ContextCallback s_call = static timer => Unsafe.As<ShardTimer>(timer!).Call();

    private readonly Shard _shard;
    private readonly TimerCallback _callback;
    private readonly object? _state;

    // Of whoever made the timer; null when he had suppressed its flow.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    private readonly SchedulingGroup _group = SchedulingGroup.Current;

    // The last that was given out, to any thread.
    private long _lastTicket;

    // That of the schedule in force.
    private long _ticket;
    private TimerSchedule _schedule;

    // The time has come and the callback stands in the run queue. Whoever takes this back has prevented the call.
    private bool _isDue;
    private bool _isRunning;

    // Awaited by a DisposeAsync from within the callback.
    private TaskCompletionSource? _callEnded;

    // Written on any thread, and for good.
    private volatile bool _isDisposed;

    internal ShardTimer(Shard shard, TimerCallback callback, object? state)
    {
        _shard = shard;
        _callback = callback;
        _state = state;
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        var schedule = TimerSchedule.From(dueTime, period);
        if (_isDisposed)
        {
            return false;
        }

        Set(schedule);
        return true;
    }

    /// <summary>On any thread: lets the timer follow this schedule, and no longer the one before.</summary>
    internal void Set(TimerSchedule schedule)
    {
        long ticket = Interlocked.Increment(ref _lastTicket);
        if (IsAtHome)
        {
            Follow(ticket, schedule);
        }
        else if (!_shard.TrySend(new Request(this, ticket, schedule)))
        {
            FollowAfterStop(ticket, schedule);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        // At once, and not only with the request: so that the shard begins no call that it has not begun yet.
        _isDisposed = true;
        if (IsAtHome)
        {
            Disarm();
        }
        else if (!_shard.TrySend(new PostedAction<ShardTimer>(static timer => timer.EndAsync(), this)))
        {
            EndAfterStopAsync();
        }
    }

    /// <remarks>
    /// On the shard there is a call to wait for only within the callback itself. Elsewhere the request is the proof: the
    /// shard takes it between two calls.
    /// </remarks>
    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        if (IsAtHome)
        {
            return new ValueTask(EndAsync());
        }

        var disposal = new Disposal(this);
        return new ValueTask(_shard.TrySend(disposal) ? disposal.Done : EndAfterStopAsync());
    }

    /// <remarks>
    /// A periodic timer is armed again before its callback runs, which may change that and whose exceptions do not end it.
    /// After a stall it goes on with the next deadline in its phase: one call, not one for each that was missed.
    /// </remarks>
    internal override void OnDue()
    {
        if (_schedule.Period > 0)
        {
            _shard.ArmTimer(this, _schedule.Following(Deadline, _shard.Timestamp));
        }

        if (!_isDue)
        {
            _isDue = true;
            _shard.Schedule(_group, s_run, this);
        }
    }

    /// <summary>The caller has the shard's state to himself.</summary>
    private bool IsAtHome => _shard.IsOnShard && !_shard.HasStopped;

    private void Follow(long ticket, TimerSchedule schedule)
    {
        if (ticket < _ticket || _isDisposed)
        {
            return;
        }

        _ticket = ticket;
        _schedule = schedule;
        _isDue = false;
        if (schedule.Deadline == TimerSchedule.Never)
        {
            _shard.Timers.Cancel(this);
        }
        else
        {
            _shard.ArmTimer(this, schedule.Deadline);
        }
    }

    /// <summary>On the shard: nothing is called any more. The task ends with the call that is under way.</summary>
    private Task EndAsync()
    {
        if (_shard.HasStopped)
        {
            return EndAfterStopAsync();
        }

        Disarm();
        return _isRunning ? (_callEnded ??= new TaskCompletionSource()).Task : Task.CompletedTask;
    }

    private void Disarm()
    {
        _isDue = false;
        _shard.Timers.Cancel(this);
    }

    private void Run()
    {
        if (!_isDue || _isDisposed)
        {
            return;
        }

        _isDue = false;
        _isRunning = true;
        try
        {
            CallInContext();
        }
        finally
        {
            _isRunning = false;
            _callEnded?.TrySetResult();
        }
    }

    private void CallInContext()
    {
        if (_context is null)
        {
            Call();
        }
        else
        {
            ExecutionContext.Run(_context, s_call, this);
        }
    }

    private void Call()
    {
        _shard.NowRuns(_callback);
        _callback(_state);
    }

    /// <summary>A schedule from another thread.</summary>
    private sealed class Request(ShardTimer timer, long ticket, TimerSchedule schedule) : ShardWork
    {
        internal override void Run()
        {
            if (timer.IsAtHome)
            {
                timer.Follow(ticket, schedule);
            }
            else
            {
                timer.FollowAfterStop(ticket, schedule);
            }
        }
    }

    /// <summary>A disposal from another thread, which waits for its end.</summary>
    private sealed class Disposal(ShardTimer timer) : ShardWork
    {
        // The caller's code must not run on the shard because the shard completes its task.
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Done => _done.Task;

        internal override void Run() => _ = CompleteAsync();

        private async Task CompleteAsync()
        {
            await timer.EndAsync().ConfigureAwait(false);
            _done.SetResult();
        }
    }
}
