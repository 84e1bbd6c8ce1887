using System.Runtime.CompilerServices;
using Reactor.Scheduling;

namespace Reactor;

// The loop: one turn, read from top to bottom.
public sealed partial class Shard
{
    /// <summary>
    /// How many operations may end at once, without a wait, while one continuation runs. The next one ends in the next
    /// turn, so that a peer that never pauses cannot keep the shard from everything else. At about 2 µs for a small receive
    /// or send, the others wait some 100 µs.
    /// </summary>
    internal const int MaxEndedAtOnce = 64;

    private static readonly TimeSpan s_pauseWithoutPolls = TimeSpan.FromMilliseconds(1);

    private readonly ShardSynchronizationContext _synchronizationContext;
    private int _endedAtOnce;

    private void RunLoop()
    {
        while (true)
        {
            _isTimestampOld = true;
            RunReady();
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
            TakeArrivals();
            TakeInbox();
            FlushLanes();
            if (!HasWork)
            {
                Thread.Sleep(s_pauseWithoutPolls);
            }
        }
        while (!AdvanceStop());
    }

    private bool HasWork => _runQueue.Count > 0 || _inbox.HasWork;

    /// <summary>
    /// Runs what was ready when the turn began. What becomes ready meanwhile waits for the next turn, so that a chain of
    /// continuations cannot keep the loop from polling.
    /// </summary>
    private void RunReady()
    {
        int remaining = _runQueue.Count;
        _counters.ItemsRun += remaining;
        while (remaining > 0)
        {
            try
            {
                for (; remaining > 0;)
                {
                    remaining--;
                    _endedAtOnce = 0;
                    WorkItem item = _runQueue.Dequeue();
                    item.Callback(item.State);
                    RestoreContexts();
                }
            }
            catch (Exception exception)
            {
                RestoreContexts();
                ReportUnhandled(exception);
                RestoreContexts();
            }
        }
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

        if (SynchronizationContext.Current != _installedContext)
        {
            SynchronizationContext.SetSynchronizationContext(_installedContext);
        }
    }

    /// <summary>Whether an operation that needs no wait may end now; if not, it is to end in the next turn.</summary>
    /// <remarks>Hot path. Planned: the preemption ring answers this, by the time that has passed.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayEndAtOnce() => ++_endedAtOnce <= MaxEndedAtOnce;

    /// <summary>An exception that nobody awaits is counted and told; the loop goes on.</summary>
    internal void ReportUnhandled(Exception exception)
    {
        Interlocked.Increment(ref _counters.UnhandledExceptions);
        try
        {
            _host.Options.UnhandledException(this, exception);
        }
        catch (Exception failure)
        {
            Console.Error.WriteLine($"{this}: the UnhandledException callback failed ({failure}) when told of: {exception}");
        }
    }
}
