using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Polling;
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
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SynchronizationContext? _installedContext;
    private ExecutionContext _executionContext = null!;
    private PollBackend _backend = null!;
    private Thread? _thread;
    private ShardObject? _firstObject;
    private bool _isStopping;
    private bool _hasStopped;
    private long _stopRequestedAt;

    /// <summary>Starts the thread; the task ends when the loop runs, or with the reason why it cannot.</summary>
    internal Task StartAsync()
    {
        _thread = new Thread(ThreadMain) { IsBackground = true, Name = $"reactor/{Id}" };

        // Unsafe: the execution context of whoever starts a host is not for what runs there.
        _thread.UnsafeStart();
        return _started.Task;
    }

    /// <summary>Asks the shard to stop: what it holds is aborted. The task ends when the thread has.</summary>
    internal async Task StopAsync()
    {
        TrySend(new StopRequest(this));
        await _stopped.Task.ConfigureAwait(false);
        _thread!.Join();
    }

    /// <summary>Takes an object into the shard's care.</summary>
    internal void Adopt(ShardObject item)
    {
        VerifyAccess();
        ObjectDisposedException.ThrowIf(_isStopping, this);
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
            _stopped.SetResult();
            return;
        }

        _started.SetResult();
        try
        {
            RunLoop();
        }
        catch (Exception exception)
        {
            // Only the kernel can bring the loop itself to an end, and then nothing on this shard can go on.
            ReportUnhandled(exception);
            BeginStop();
        }
        finally
        {
            TearDown();
            _stopped.SetResult();
        }
    }

    private void SetUp()
    {
        t_current = this;
        _executionContext = ExecutionContext.Capture()!;
        if (Cpu is { } cpu)
        {
            SysResult pinned = ThreadAffinity.TrySet(new CpuSet([cpu]));
            if (pinned.IsError)
            {
                throw new InvalidOperationException($"{this}: cannot pin its thread to CPU {cpu}: {Errno.Describe(pinned.Errno)}. Choose CPUs that this process may use in {nameof(ReactorOptions)}.{nameof(ReactorOptions.CpuSet)}.");
            }
        }

        _wakeUp = new EventFd();
        _backend = PollBackendFactory.Create(_host.Options.Backend, _host.Options.PollBudget, _host.Options.Shards);
        Backend = _backend.Kind;
        new WakeUpWaiter(this).Start();
        _installedContext = _host.Options.UseSynchronizationContext ? _synchronizationContext : null;
        SynchronizationContext.SetSynchronizationContext(_installedContext);
    }

    private void BeginStop()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        _stopRequestedAt = Stopwatch.GetTimestamp();
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

    private bool HasStopped() =>
        (!HasWork && _backend.Counters.Closing == 0) || Stopwatch.GetElapsedTime(_stopRequestedAt) > s_stopDeadline;

    /// <summary>Runs what arrived last, and gives everything back to the kernel.</summary>
    private void TearDown()
    {
        Queue(_inbox.Close());

        // From here on, what is posted goes to the thread pool, so that the queue comes to an end.
        _hasStopped = true;
        while (_runQueue.Count > 0)
        {
            RunReady();
        }

        SynchronizationContext.SetSynchronizationContext(null);
        _backend?.Dispose();
        _wakeUp?.Dispose();
        t_current = null;
    }

    private sealed class StopRequest(Shard shard) : ForeignWork
    {
        internal override void Run() => shard.BeginStop();
    }
}
