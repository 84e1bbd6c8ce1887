using System.Runtime.InteropServices;
using Reactor.Kernel;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Bench.Backends;

/// <summary>
/// Seastar's arrangement before it had AIO polls: the shard's own thread asks epoll once a turn, and a SCHED_FIFO thread,
/// which waits for a periodic timer as long as the shard is awake, ends its slices.
/// </summary>
internal sealed unsafe class QuotaThreadBackend : OneShotBackend
{
    private const int Capacity = 1024;

    private readonly epoll_event* _events = (epoll_event*)NativeMemory.Alloc(Capacity, (nuint)sizeof(epoll_event));
    private readonly SliceFlag _flag = new();
    private readonly TimerFd _timer;
    private readonly FifoThread _thread;
    private volatile bool _isDisposed;
    private int _pending;

    private QuotaThreadBackend()
    {
        _timer = new TimerFd();

        // The thread's read is to wait: one call for each slice.
        SysResult.From(LibC.fcntl(_timer.Fd, LibC.F_SETFL, 0)).OrThrow("fcntl(F_SETFL)");
        _thread = new FifoThread("quota timer", cpu: null, WaitForTimer);
        StartSlices();
    }

    internal override bool HasEvents
    {
        get
        {
            if (_pending == 0)
            {
                Take(TimeSpan.Zero);
            }

            return _pending > 0;
        }
    }

    internal static SuppliedBackend Create()
    {
        var backend = new QuotaThreadBackend();
        return new SuppliedBackend(backend, $"epoll with one-shot interests, and {backend._thread.Description} for the slices' timer", backend._flag);
    }

    internal override int Harvest()
    {
        if (_pending == 0)
        {
            Take(TimeSpan.Zero);
        }

        int told = 0;
        for (int i = 0; i < _pending; i++)
        {
            told += Dispatch(_events[i].data.u64, (int)_events[i].events);
        }

        _pending = 0;
        return told;
    }

    internal override void Wait(TimeSpan? timeout)
    {
        if (_pending == 0)
        {
            // A timer that went on firing would wake the CPU of a shard that sleeps.
            Count(default);
            _timer.Disarm();
            Take(timeout);
            StartSlices();
        }

        Harvest();
    }

    public override void Dispose()
    {
        _isDisposed = true;
        StartSlices();
        _thread.Join();
        _timer.Dispose();
        NativeMemory.Free(_events);
        base.Dispose();
    }

    private void StartSlices()
    {
        Count(default);
        _timer.Arm(SliceFlag.Quota, SliceFlag.Quota);
    }

    private void Take(TimeSpan? timeout)
    {
        SysResult result = Count(Set.Wait(_events, Capacity, timeout));
        _pending = result.IsError && result.Errno == LibC.EINTR ? 0 : result.OrThrow("epoll_wait");
    }

    private void WaitForTimer()
    {
        while (!_isDisposed)
        {
            _timer.Drain();
            _flag.Raise();
        }
    }
}
