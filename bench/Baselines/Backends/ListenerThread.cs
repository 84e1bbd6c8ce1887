using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Bench.Backends;

/// <summary>
/// Waits in epoll for a shard: puts what is ready into the ring, wakes the shard if it sleeps, and raises the flag when the
/// timer of its slices fires.
/// </summary>
internal sealed unsafe class ListenerThread : IDisposable
{
    private const int Capacity = 1024;

    // No descriptor's: a table's entries do not get so far.
    private const ulong TimerIdentity = ulong.MaxValue;
    private const ulong EndIdentity = ulong.MaxValue - 1;

    private const int Awake = 0;
    private const int Asleep = 1;

    private readonly EpollSet _set;
    private readonly TimerFd _timer = new();
    private readonly EventFd _end = new();
    private readonly epoll_event* _taken = (epoll_event*)NativeMemory.Alloc(Capacity, (nuint)sizeof(epoll_event));
    private readonly int* _state = (int*)NativeMemory.AllocZeroed(1, sizeof(int));
    private readonly FifoThread _thread;

    /// <param name="set">For whom it waits; the shard adds and changes interests meanwhile, which the kernel allows.</param>
    /// <param name="cpu">Its CPU; null for that of the calling thread.</param>
    internal ListenerThread(EpollSet set, int? cpu)
    {
        _set = set;
        set.Add(_timer.Fd, (int)LibC.EPOLLIN, TimerIdentity).OrThrow("epoll_ctl");
        set.Add(_end.Fd, (int)LibC.EPOLLIN, EndIdentity).OrThrow("epoll_ctl");
        _thread = new FifoThread("listener", cpu, Listen);
        StartSlices();
    }

    internal EventRing Events { get; } = new();

    internal SliceFlag Flag { get; } = new();

    internal string Description => _thread.Description;

    internal void StartSlices() => _timer.Arm(SliceFlag.Quota, SliceFlag.Quota);

    internal void StopSlices() => _timer.Disarm();

    /// <summary>The shard is about to sleep. False if there is something for it; otherwise it goes on to <see cref="Sleep"/>.</summary>
    internal bool Announce()
    {
        Volatile.Write(ref *_state, Asleep);
        Interlocked.MemoryBarrier();
        if (Events.IsEmpty)
        {
            return true;
        }

        Volatile.Write(ref *_state, Awake);
        return false;
    }

    /// <summary>Sleeps until there is something, or the time is over. False if there was no need to.</summary>
    internal bool Sleep(TimeSpan? timeout)
    {
        bool slept = Futex.Wait(_state, Asleep, timeout);
        Volatile.Write(ref *_state, Awake);
        return slept;
    }

    public void Dispose()
    {
        _end.Signal();
        _thread.Join();
        _timer.Dispose();
        _end.Dispose();
        NativeMemory.Free(_taken);
        NativeMemory.Free(_state);
    }

    private void Listen()
    {
        while (true)
        {
            SysResult result = _set.Wait(_taken, Capacity, null);
            int count = result.IsError && result.Errno == LibC.EINTR ? 0 : result.OrThrow("epoll_wait");
            bool isForShard = false;
            for (int i = 0; i < count; i++)
            {
                switch (_taken[i].data.u64)
                {
                    case TimerIdentity:
                        _timer.Drain();
                        Flag.Raise();
                        break;
                    case EndIdentity:
                        return;
                    case ulong identity:
                        Events.Add(identity, (int)_taken[i].events);
                        isForShard = true;
                        break;
                }
            }

            if (isForShard)
            {
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref *_state) == Asleep && Interlocked.Exchange(ref *_state, Awake) == Asleep)
                {
                    Futex.Wake(_state);
                }
            }
        }
    }
}
