using Reactor.Kernel;
using Reactor.Polling;

namespace Reactor;

// Sleeping in the kernel when there is nothing to do, and being woken.
public sealed partial class Shard
{
    private static readonly TimeSpan s_stopCheckInterval = TimeSpan.FromMilliseconds(100);

    // 1 from the moment the shard decides to sleep until it, or the first thread to wake it, takes it back.
    private int _isAsleep;
    private EventFd _wakeUp = null!;

    /// <remarks>
    /// No wake-up is lost: the shard announces its sleep, then looks at the inbox; a sender pushes, then looks at the
    /// announcement. Both sides have a full fence between the two, so at least one of them sees the other. The eventfd's
    /// poll is in the kernel at this point: it is armed again by the harvest that completes it, and a turn whose last
    /// harvest completed anything does not sleep.
    /// </remarks>
    private void Sleep()
    {
        Volatile.Write(ref _isAsleep, 1);
        Interlocked.MemoryBarrier();
        if (!_inbox.HasWork)
        {
            _counters.Sleeps++;
            _backend.Wait(_isStopping ? s_stopCheckInterval : null);
        }

        Volatile.Write(ref _isAsleep, 0);
    }

    /// <summary>Wakes the shard if it sleeps; on any thread, after the work has been pushed. Awake, it costs one read.</summary>
    private void Wake()
    {
        if (Volatile.Read(ref _isAsleep) == 1 && Interlocked.Exchange(ref _isAsleep, 0) == 1)
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
