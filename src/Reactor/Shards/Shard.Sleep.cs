using System.Diagnostics;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;

namespace Reactor;

// When there is nothing to do: spinning for a while, then sleeping in the kernel; and being woken.
public sealed partial class Shard
{
    private static readonly TimeSpan s_stopCheckInterval = TimeSpan.FromMilliseconds(100);

    private readonly WakeFlag _asleep = new();
    private readonly IdleSpin _idleSpin;
    private readonly IdleTime _idleTime = new();
    private EventFd _wakeUp = null!;

    /// <summary>Spins as long as that has lately paid, and sleeps when nothing comes.</summary>
    private void Idle()
    {
        long since = Stopwatch.GetTimestamp();
        _idleTime.Begin(since);
        if (!_idleSpin.TrySpin(this, since, out long now))
        {
            Sleep();
            now = Stopwatch.GetTimestamp();
            _idleSpin.OnSlept(now);
        }

        _idleTime.End(now);
        _scheduler.Resume(now);
        _host.StallWatcher?.OnBusy();
    }

    /// <summary>Is there anything that a turn of the loop would take up? Reads user memory alone.</summary>
    internal bool HasNews => _backend.HasEvents || _inbox.HasWork || HasArrivals || CanSendWaiting;

    /// <remarks>
    /// No wake-up is lost: the shard announces its sleep, passes a full fence, then looks at everything that others may
    /// have sent; they make visible what they send, pass a full fence, then look at the announcement. At least one of them
    /// sees the other. (Checked exhaustively, with store buffers, by the tests' SleepModel.) The eventfd's poll is in the kernel at this point: it is armed again by the harvest that completes
    /// it, and a turn whose last harvest completed anything does not sleep.
    /// </remarks>
    private void Sleep()
    {
        for (int i = 0; i < _dirtyCount; i++)
        {
            _dirty[i].AnnounceWaiting();
        }

        _asleep.Set();
        Interlocked.MemoryBarrier();
        if (!_inbox.HasWork && !HasArrivals && !CanSendWaiting)
        {
            _counters.Sleeps++;
            TimeSpan? timeout = UntilNextTimer();
            _backend.Wait(_stopPhase != StopPhase.None && !(timeout < s_stopCheckInterval) ? s_stopCheckInterval : timeout);
            _isTimestampOld = true;
        }

        _asleep.Clear();
        for (int i = 0; i < _dirtyCount; i++)
        {
            _dirty[i].RetractWaiting();
        }
    }

    /// <summary>Wakes the shard if it sleeps; on any thread, after the work has been made visible and a full fence. Awake, it costs one read.</summary>
    internal void Wake()
    {
        if (_asleep.TryTake())
        {
            _wakeUp.Signal();
        }
    }

    /// <summary>Waits for the eventfd, for ever: takes the signal away and arms the poll again.</summary>
    private sealed class WakeUpWaiter(Shard shard) : PollWaiter
    {
        private int _handle;

        internal void Start()
        {
            _handle = shard._backend.RegisterWakeUp(shard._wakeUp.Fd);
            shard._backend.Arm(_handle, PollDirection.Read, this);
        }

        internal override void OnReady(int result)
        {
            shard._counters.WakeUps++;
            shard._counters.IoCalls++;
            shard._wakeUp.Drain();
            shard._backend.Arm(_handle, PollDirection.Read, this);
        }
    }
}
