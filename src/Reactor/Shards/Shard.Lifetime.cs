using System.Diagnostics;
using Reactor.Diagnostics;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

// Birth and death of a shard, on its own thread.
public sealed partial class Shard
{
    /// <summary>
    /// How long a stopping shard waits for the last completions of descriptors that it closes, which take microseconds, and
    /// for work that makes more work.
    /// </summary>
    private static readonly TimeSpan s_stopDeadline = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _quiesced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _callsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExecutionContext _executionContext = null!;
    private PollBackend _backend = null!;
    private Thread? _thread;
    private ShardObject? _firstObject;
    private StopPhase _stopPhase;
    private bool _refusesCalls;
    private volatile bool _hasStopped;
    private long _stopRequestedAt;

    /// <summary>
    /// The way to the end. All shards of a host take each step together, so that while one still works the others answer
    /// its calls.
    /// </summary>
    private enum StopPhase
    {
        None,

        /// <summary>What the shard holds is aborted, its waits end; what is queued runs.</summary>
        Quiescing,

        /// <summary>New calls to other shards are refused; what runs here for others is given up, and our calls come home.</summary>
        EndingCalls,

        /// <summary>Nothing is on its way between shards any more.</summary>
        Ending,
    }

    /// <summary>Ends when everything on the shard has, the last work included.</summary>
    internal Task WhenStopped => _stopped.Task;

    /// <summary>The loop has ended: what has come too late for it is left to others.</summary>
    internal bool HasStopped => _hasStopped;

    internal bool IsStopping => _stopPhase != StopPhase.None;

    /// <summary>For what must not begin on a shard that comes to its end.</summary>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal void ThrowIfStopping()
    {
        if (IsStopping)
        {
            throw HasStoppedException();
        }
    }

    /// <summary>Starts the thread; the task ends when the loop runs, or with the reason why it cannot.</summary>
    internal Task StartAsync()
    {
        _thread = new Thread(ThreadMain) { IsBackground = true, Name = $"reactor/{Id}" };

        // Unsafe: the execution context of whoever starts a host is not for what runs there.
        _thread.UnsafeStart();
        return _started.Task;
    }

    /// <summary>The first step of stopping. Every step is for the host to take, on all its shards.</summary>
    internal Task QuiesceAsync() => EnterAsync(StopPhase.Quiescing, _quiesced.Task);

    /// <summary>The second step, when all shards have done the first.</summary>
    internal Task EndCallsAsync() => EnterAsync(StopPhase.EndingCalls, _callsEnded.Task);

    /// <summary>The last step. The task ends when the thread has.</summary>
    internal async Task EndAsync()
    {
        await EnterAsync(StopPhase.Ending, _stopped.Task).ConfigureAwait(false);
        _thread!.Join();
    }

    /// <summary>Takes an object into the shard's care.</summary>
    internal void Adopt(ShardObject item)
    {
        VerifyAccess();
        ObjectDisposedException.ThrowIf(IsStopping, this);
        item.Next = _firstObject;
        if (_firstObject is not null)
        {
            _firstObject.Previous = item;
        }

        _firstObject = item;
    }

    /// <summary>Lets an object go that has ended by itself.</summary>
    internal void Disown(ShardObject item)
    {
        Debug.Assert(IsOnShard, "the list is not locked");
        if (item.Next is not null)
        {
            item.Next.Previous = item.Previous;
        }

        if (item.Previous is not null)
        {
            item.Previous.Next = item.Next;
        }
        else if (_firstObject == item)
        {
            _firstObject = item.Next;
        }

        item.Previous = item.Next = null;
    }

    private Task EnterAsync(StopPhase phase, Task done)
    {
        TrySend(new PostedAction<(Shard, StopPhase)>(static step => step.Item1.Enter(step.Item2), (this, phase)));
        return done;
    }

    private void ThreadMain()
    {
        try
        {
            SetUp();
        }
        catch (Exception exception)
        {
            TearDown();
            _started.SetException(exception);
            return;
        }

        ReactorEventSource.Log.ShardStarted(_host.Number, Id, Cpu ?? -1, Backend.ToString());
        _started.SetResult();
        try
        {
            RunLoop();
        }
        catch (Exception exception)
        {
            // Only the kernel can bring the loop itself to an end, and then nothing on this shard can go on; nor can the
            // other shards, whose calls nobody would answer.
            ReportUnhandled(exception);
            Enter(StopPhase.Quiescing);
            _ = _host.StopAsync();
            RunLoopWithoutPolls();
        }
        finally
        {
            TearDown();
            ReactorEventSource.Log.ShardStopped(_host.Number, Id);
        }
    }

    private void SetUp()
    {
        t_current = this;
        ThreadId = ThreadScheduling.CurrentThreadId;
        _executionContext = ExecutionContext.Capture()!;
        if (_cpus is not null)
        {
            SysResult pinned = ThreadAffinity.TrySet(_cpus);
            if (pinned.IsError)
            {
                throw new InvalidOperationException($"{this}: cannot bind its thread to CPU {_cpus}: {Errno.Describe(pinned.Errno)}. Choose CPUs that this process may use in {nameof(ReactorOptions)}.{nameof(ReactorOptions.CpuSet)}.");
            }
        }

        // Without it the kernel lets timeouts be late by 50 µs. If it is refused, they are.
        ThreadTimerSlack.TrySet(ThreadTimerSlack.MinimumNanoseconds);
        _wakeUp = new EventFd();
        PreemptionFlag? flag = null;
        if (_host.Options.SupplyBackend is { } supply)
        {
            (_backend, BackendReason, flag) = supply();
        }
        else
        {
            (_backend, BackendReason) = PollBackendFactory.Create(_host.Options.Backend, _host.Options.PollBudget, _host.Shards.Count);
        }

        Backend = _backend.Kind;
        _backend.OnFirstOverflow = TellOfOverflow;
        new WakeUpWaiter(this).Start();
        TimeSpan quota = _host.Options.TaskQuota;
        _slice = new Slice(quota == System.Threading.Timeout.InfiniteTimeSpan ? Slice.Endless : ToStopwatchTicks(quota), _host.Options.SliceCalls, flag);
        EnterGroup(_scheduler.Default);
        long now = Stopwatch.GetTimestamp();
        _idleTime.Start(now);
        _scheduler.Resume(now);
    }

    /// <summary>From the run queue: the submit that finds it out is no place for what others do in their log.</summary>
    private void TellOfOverflow() => _scheduler.Default.Enqueue(static shard => ((Shard)shard!).LogOverflow(), this);

    private void LogOverflow() => _host.Options.Log?.Invoke(
        $"reactor: {this} has more descriptors to wait for than AIO has polls for them ({nameof(ReactorOptions.PollBudget)} is {_host.Options.PollBudget}): further ones wait in an epoll set. They are served as the others are; to have polls for all, raise the budget, and fs.aio-max-nr if that is what limits it.");

    private void Enter(StopPhase phase)
    {
        if (_stopPhase == StopPhase.None)
        {
            _stopRequestedAt = Stopwatch.GetTimestamp();
            _stopPhase = StopPhase.Quiescing;
            AbortObjects();
            EndWaits();
        }

        _stopPhase = phase;
        _refusesCalls = phase >= StopPhase.EndingCalls;
    }

    private void AbortObjects()
    {
        while (_firstObject is { } item)
        {
            Disown(item);
            try
            {
                item.AbortAtStop();
            }
            catch (Exception exception)
            {
                ReportUnhandled(exception);
            }
        }
    }

    /// <summary>At the end of each turn of a shard that stops: tells the host when a step is done. True when the loop is to end.</summary>
    private bool AdvanceStop()
    {
        switch (_stopPhase)
        {
            case StopPhase.Quiescing when HasQuiesced():
                _quiesced.TrySetResult();
                break;

            case StopPhase.EndingCalls:
                GiveUpUnfinished();

                // This turn's flush is over, and the loop may be about to sleep.
                FlushLanes();
                if (_callsAway == 0 && (!HasWork || IsPastStopDeadline))
                {
                    _callsEnded.TrySetResult();
                }

                break;
        }

        return _stopPhase == StopPhase.Ending;
    }

    private bool HasQuiesced() => (!HasWork && _backend.Counters.Closing == 0) || IsPastStopDeadline;

    private bool IsPastStopDeadline => Stopwatch.GetElapsedTime(_stopRequestedAt) > s_stopDeadline;

    /// <summary>Runs what arrived last, gives everything back to the kernel, and says so.</summary>
    private void TearDown()
    {
        // The loop has ended, and what does not run cannot stall.
        _idleTime.Stop(Stopwatch.GetTimestamp());

        // Timers that are due are called here, the last ones that are.
        RunReady();

        // Before the inbox is closed: who is turned away there is to hear that the shard has stopped, and to find timers
        // handed over.
        _refusesCalls = true;
        _hasStopped = true;
        HandOverTimers();
        Queue(_inbox.Close());

        // What is posted from here on goes to the thread pool, so that the queue comes to an end. What came in last may
        // have begun something that never ends here.
        do
        {
            RunReady();
            GiveUpUnfinished();
        }
        while (_scheduler.HasWork);

        SynchronizationContext.SetSynchronizationContext(null);
        foreach (GroupQueue queue in _scheduler.Queues)
        {
            queue.Group.Disown(queue);
        }

        _slice?.Dispose();
        _backend?.Dispose();
        _wakeUp?.Dispose();
        t_current = null;

        // If the loop has failed, or never ran, these are still awaited.
        _quiesced.TrySetResult();
        _callsEnded.TrySetResult();
        _stopped.TrySetResult();
    }
}
