using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// One Linux AIO context: iocbs go in by <see cref="Submit"/>, their completions come out of a ring in user memory by
/// <see cref="Harvest"/>. Mechanism only; who waits for what is not known here.
/// </summary>
/// <remarks>
/// Used by one thread. After a fork the child must not touch it: it shares the mapped ring. Disposing it unmaps the
/// ring, so no other thread may be reading it then.
/// </remarks>
internal sealed unsafe class AioContext : IDisposable
{
    private readonly AioSystemCalls _calls;
    private readonly bool _hasPGetEvents;
    private readonly AioRing _ring;
    private aio_context_t _context;

    private AioContext(AioSystemCalls calls, aio_context_t context, int capacity, bool useRing)
    {
        _calls = calls;
        _context = context;
        Capacity = capacity;
        if (useRing)
        {
            AioRing.TryRead(context.ring, capacity, out _ring);
        }

        _hasPGetEvents = ProbePGetEvents();
    }

    /// <summary>How many iocbs may be in flight for certain. The ring is larger, but only this is promised.</summary>
    internal int Capacity { get; }

    /// <summary>The size of the kernel's ring, 0 when it is not read from user memory.</summary>
    internal int RingSize => _ring.Size;

    /// <summary>The word that we move when we take an event; null when the ring is not read. Valid until the context is disposed.</summary>
    internal uint* RingHead => _ring.Head;

    /// <summary>The word that the kernel moves when something completes.</summary>
    internal uint* RingTail => _ring.Tail;

    /// <summary>Whether completions are read from user memory; if not, every harvest is a system call.</summary>
    internal bool ReadsRing => _ring.IsReadable;

    /// <summary>Whether waiting uses io_pgetevents; if not, io_getevents, which takes no signal mask.</summary>
    internal bool UsesPGetEvents => _hasPGetEvents;

    /// <summary>Whether an event is there to be harvested. On a ring that cannot be read the answer is always yes.</summary>
    internal bool HasEvents
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !_ring.IsReadable || _ring.HasEvents;
    }

    /// <summary>Makes a context for <paramref name="capacity"/> iocbs in flight, or says why not.</summary>
    /// <param name="capacity">Charged against fs.aio-max-nr, system-wide; EAGAIN when too little of it is left.</param>
    /// <param name="context">The context, or null.</param>
    /// <param name="calls">The system calls; the real ones when null.</param>
    /// <param name="useRing">False to fetch every event by system call, as on a kernel whose ring is not understood.</param>
    internal static SysResult TryCreate(int capacity, out AioContext? context, AioSystemCalls? calls = null, bool useRing = true)
    {
        Debug.Assert(capacity > 0, "io_setup refuses a context of no capacity");
        calls ??= AioSystemCalls.Real;
        aio_context_t handle = default;
        SysResult result = calls.Setup(capacity, &handle);
        context = result.IsError ? null : new AioContext(calls, handle, capacity, useRing);
        return result;
    }

    /// <summary>
    /// Hands iocbs to the kernel, which copies them: their memory is free again on return. Returns how many it took; it
    /// stops at the first that it refuses, and an errno is seen only when that is the first of all.
    /// </summary>
    internal SysResult Submit(iocb** iocbs, int count) => _calls.Submit(_context, iocbs, count);

    /// <summary>Takes what has completed, without waiting and, where the ring is readable, without a system call.</summary>
    internal int Harvest(io_event* events, int capacity)
    {
        if (_ring.IsReadable)
        {
            return _ring.Take(events, capacity);
        }

        timespec none = default;
        SysResult result = _calls.GetEvents(_context, 0, capacity, events, &none);
        return result.IsError ? 0 : result.Value;
    }

    /// <summary>Blocks until <paramref name="minimum"/> events are there, the timeout has passed (0 events) or a signal came (EINTR).</summary>
    /// <param name="events">Takes the events.</param>
    /// <param name="capacity">Its length.</param>
    /// <param name="minimum">How many to wait for.</param>
    /// <param name="timeout">Null to wait without end.</param>
    /// <param name="mask">The signal mask while waiting; null leaves it. Needs io_pgetevents.</param>
    internal SysResult Wait(io_event* events, int capacity, int minimum, timespec* timeout, sigset_t* mask = null)
    {
        if (_hasPGetEvents)
        {
            return _calls.PGetEvents(_context, minimum, capacity, events, timeout, mask);
        }

        Debug.Assert(mask == null, "io_getevents cannot change the signal mask; ask UsesPGetEvents first");
        return _calls.GetEvents(_context, minimum, capacity, events, timeout);
    }

    /// <summary>
    /// Asks the kernel to cancel a submitted poll, named by the address of its iocb. EINPROGRESS is success: the event
    /// follows in the ring. The kernel walks a list for it, 3 to 70 µs with 8,000 polls armed.
    /// </summary>
    internal SysResult Cancel(iocb* iocb)
    {
        io_event unused;
        SysResult result = _calls.Cancel(_context, iocb, &unused);
        return result.Errno == LibC.EINPROGRESS ? new SysResult(0, 0) : result;
    }

    public void Dispose()
    {
        if (_context.ring != null)
        {
            _calls.Destroy(_context);
            _context = default;
        }
    }

    /// <summary>
    /// Old container profiles answer EPERM to io_pgetevents, kernels before 4.18 ENOSYS. Asked of the kernel itself,
    /// with nothing to reap and no time to wait, because the ring in user memory would answer without it.
    /// </summary>
    private bool ProbePGetEvents()
    {
        io_event unused;
        timespec none = default;
        return !_calls.PGetEvents(_context, 0, 1, &unused, &none, null).IsError;
    }
}
