using System.Diagnostics;
using System.Runtime.CompilerServices;
using Reactor.Scheduling;

namespace Reactor;

// The loop: one turn, read from top to bottom.
public sealed partial class Shard
{
    private static readonly TimeSpan s_pauseWithoutPolls = TimeSpan.FromMilliseconds(1);

    private void RunLoop()
    {
        while (true)
        {
            _isTimestampOld = true;
            RunReady();
            RunTurnEnd();
            TakeArrivals();
            TakeInbox();
            FlushLanes();
            _backend.Harvest();
            _backend.Submit();

            // What was ready when its poll was submitted has completed by now. If the wake-up is among it, its poll is to be
            // submitted again before anything may sleep.
            bool harvested = _backend.Harvest() > 0;
            FireTimers();
            _counters.Turns++;

            if (_stopPhase != StopPhase.None && AdvanceStop())
            {
                return;
            }

            if (!harvested && !HasWork)
            {
                Idle();
            }
        }
    }

    /// <summary>What is left of the loop when its backend has failed: others still get their answers, until the host has stopped.</summary>
    private void RunLoopWithoutPolls()
    {
        do
        {
            RunReady();
            RunTurnEnd();
            TakeArrivals();
            TakeInbox();
            FlushLanes();
            if (!HasWork)
            {
                Thread.Sleep(s_pauseWithoutPolls);
            }

            _counters.Turns++;
        }
        while (!AdvanceStop());
    }

    /// <remarks>Outputs are among it because a poll that is refused, or a send, may put one into the list of the next turn.</remarks>
    private bool HasWork => _scheduler.HasWork || _inbox.HasWork || _firstTurnEndAction is not null;

    /// <summary>Runs what is ready, one scheduling group after the other, until nothing is or the time slice is over.</summary>
    private void RunReady()
    {
        if (!_scheduler.HasWork)
        {
            return;
        }

        _scheduler.Now = _runningSince = Stopwatch.GetTimestamp();
        _slice.Begin(_runningSince);
        do
        {
            GroupQueue group = _scheduler.Next();
            if (group != _currentQueue)
            {
                EnterGroup(group);
            }

            RunGroup(group);
            _scheduler.Charge(group, Stopwatch.GetTimestamp());
        }
        while (_scheduler.HasWork && !_slice.IsEndless && !SliceIsOver);

        NoteEndOfWork(_scheduler.Now);
        if (_scheduler.HasWork && !_slice.IsEndless)
        {
            _counters.Preemptions++;
        }

        if (_currentQueue != _scheduler.Default)
        {
            EnterGroup(_scheduler.Default);
        }
    }

    /// <summary>Runs what a group has ready, until nothing is or the time slice is over.</summary>
    /// <remarks>
    /// Hot path: once per continuation. Only who has more to run asks about the slice. Where slices have no end, what becomes
    /// ready meanwhile waits for the next turn, so that a chain of continuations cannot keep the loop from polling.
    /// </remarks>
    private void RunGroup(GroupQueue group)
    {
        long end = _slice.IsEndless ? group.ItemsRun + group.Count : long.MaxValue;
        do
        {
            try
            {
                do
                {
                    group.ItemsRun++;
                    WorkItem item = group.Dequeue();
                    _running = item.State;
                    item.Callback(item.State);
                    RestoreContexts();
                }
                while (group.Count > 0 && group.ItemsRun != end && !SliceIsOver);
            }
            catch (Exception exception)
            {
                RestoreContexts();
                ReportUnhandled(exception);
                RestoreContexts();
            }
        }
        while (group.Count > 0 && group.ItemsRun != end && !SliceIsOver);

        _running = null;
    }

    /// <summary>
    /// What a callback has left on the thread, an AsyncLocal's value or another synchronization context, is not for the
    /// next one.
    /// </summary>
    /// <remarks>Hot path: two reads of thread-local fields.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RestoreContexts()
    {
        if (ExecutionContext.Capture() != _executionContext)
        {
            ExecutionContext.Restore(_executionContext);
        }

        if (SynchronizationContext.Current != _currentQueue.Context)
        {
            SynchronizationContext.SetSynchronizationContext(_currentQueue.Context);
        }
    }

    /// <summary>An exception that nobody awaits is counted and told; the loop goes on.</summary>
    internal void ReportUnhandled(Exception exception) => ReportUnhandled(exception, _host.Options.UnhandledException);

    /// <inheritdoc cref="ReportUnhandled(Exception)"/>
    /// <param name="exception">The exception.</param>
    /// <param name="tell">Tells of it, instead of the host's callback, with more than that would know.</param>
    internal void ReportUnhandled(Exception exception, Action<Shard, Exception> tell)
    {
        Interlocked.Increment(ref _counters.UnhandledExceptions);
        try
        {
            tell(this, exception);
        }
        catch (Exception failure)
        {
            Console.Error.WriteLine($"{this}: the callback for unhandled exceptions failed ({failure}) when told of: {exception}");
        }
    }
}
