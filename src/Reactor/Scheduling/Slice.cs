using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Scheduling;

/// <summary>
/// The time slice of a shard: how long work may run until the loop looks at its polls again. A timer that is polled
/// through an AIO context of its own ends it: when it fires, the kernel moves the tail of that context's ring, so that "is
/// the slice over?" compares two words in user memory, and needs neither a signal nor a helper thread.
/// </summary>
/// <remarks>
/// Setting the timer, and its interrupt, cost some ten microseconds where the processor is a virtual one; reading the clock
/// costs twenty nanoseconds. So the timer is for those who ask in a tight loop. Until somebody does, the ring holds the event
/// of a slice before, the fast look says "perhaps", and the slow one reads the clock: at every question of those who ask
/// seldom, at every eighth where they come fast. When eight come within a microsecond, the slow look sets the timer for
/// what is left of the slice, and questions are free from then on. So a server's turns set no timer, and nothing fires while
/// a shard sleeps, or once.
/// <para>
/// A slice that the timer ends may span several short turns and end early in the last of them, which costs that turn a look
/// at the polls. Where no second context is to be had, the words are our own and always say "perhaps".
/// </para>
/// </remarks>
internal sealed unsafe class Slice : IDisposable
{
    /// <summary>The length of a slice that never ends.</summary>
    internal const long Endless = long.MaxValue;

    /// <summary>The most questions that are answered from one reading of the clock.</summary>
    private const int MostPerReading = 8;

    private static readonly TimeSpan s_firstFiringDeadline = TimeSpan.FromSeconds(1);

    /// <summary>When so many questions take less time than this, each is to be free.</summary>
    private static readonly long s_tight = Stopwatch.Frequency / 1_000_000;

    /// <summary>Readings of the clock should be no further apart than this.</summary>
    private static readonly long s_sparse = Stopwatch.Frequency / 50_000;

    /// <summary>Two that are equal and one that is not, for slices that use no ring. They stay: code may ask after its shard's end.</summary>
    private static readonly uint* s_words = AllocateWords();

    private readonly long _quota;
    private readonly iocb* _poll;
    private readonly PreemptionFlag? _flag;
    private AioContext? _context;
    private TimerFd? _timer;

    // The ring's words, or our own. The slice may be over when they differ.
    private uint* _head;
    private uint* _tail;
    private bool _isArmed;
    private long _end;

    // While the timer is not set: the last reading of the clock, how many questions it serves, and how many are left of them.
    private long _readAt;
    private int _perReading;
    private int _left;

    /// <param name="quota">The length, in Stopwatch ticks; or <see cref="Endless"/>.</param>
    /// <param name="calls">The system calls; the real ones when null.</param>
    /// <param name="flag">Ends the slices instead of the ring and the clock, if it is not null.</param>
    internal Slice(long quota, AioSystemCalls? calls = null, PreemptionFlag? flag = null)
    {
        _quota = quota;
        _poll = (iocb*)NativeMemory.AllocZeroed(1, (nuint)sizeof(iocb));
        UseOwnWords(mayBeOver: quota != Endless);
        if (quota == Endless)
        {
            return;
        }

        if (flag is null)
        {
            UseRing(calls);
        }
        else
        {
            _flag = flag;
            _tail = flag.Word;
            _isArmed = true;
        }
    }

    /// <summary>It never ends; what runs has to leave off by itself.</summary>
    internal bool IsEndless => _quota == Endless;

    /// <summary>Whether the kernel can be had to tell the end through the ring; if not, the clock serves those who ask often, too.</summary>
    internal bool UsesRing => _context is not null;

    /// <summary>System calls made, for the shard's counters.</summary>
    internal long SystemCalls { get; private set; }

    /// <summary>The fast look: false says for certain that the slice is not over.</summary>
    internal bool MayBeOver
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref *_tail) != *_head;
    }

    /// <summary>The slow look, after <see cref="MayBeOver"/>.</summary>
    /// <param name="nextTimer">When a timer is due, in Stopwatch ticks; the slice ends by then.</param>
    internal bool IsOver(long nextTimer)
    {
        if (_isArmed)
        {
            return true;
        }

        if (--_left > 0)
        {
            return false;
        }

        long now = Stopwatch.GetTimestamp();
        long end = Math.Min(_end, nextTimer);
        if (now >= end)
        {
            _left = 1;
            return true;
        }

        long since = now - _readAt;
        if (since > s_sparse)
        {
            _perReading = Math.Max(_perReading / 2, 1);
        }
        else if (_perReading < MostPerReading)
        {
            _perReading *= 2;
        }
        else if (since < s_tight && UsesRing)
        {
            _end = end;
            Arm(now);
            return false;
        }

        _readAt = now;
        _left = _perReading;
        return false;
    }

    /// <summary>The loop begins to run work. What was over before is past.</summary>
    /// <param name="now">In Stopwatch ticks.</param>
    internal void Begin(long now)
    {
        if (_flag is not null)
        {
            *_tail = *_head;
        }
        else if (MayBeOver)
        {
            _isArmed = false;
            _end = now + _quota;
            _readAt = now;
            _perReading = 1;
            _left = 1;
        }
    }

    /// <summary>A timer has been armed that is due at <paramref name="deadline"/>: a slice under way ends by then.</summary>
    internal void EndBy(long deadline)
    {
        if (deadline < _end && _flag is null)
        {
            _end = deadline;
            _left = 1;
            if (_isArmed)
            {
                SetTimer(Stopwatch.GetTimestamp());
            }
        }
    }

    public void Dispose()
    {
        UseOwnWords(mayBeOver: false);
        _context?.Dispose();
        _context = null;
        _timer?.Dispose();
        NativeMemory.Free(_poll);
    }

    private static uint* AllocateWords()
    {
        uint* words = (uint*)NativeMemory.AllocZeroed(3, sizeof(uint));
        words[2] = 1;
        return words;
    }

    private void UseOwnWords(bool mayBeOver)
    {
        _head = s_words;
        _tail = s_words + (mayBeOver ? 2 : 1);
    }

    /// <summary>Leaves the ring with an event in it, as a slice that is over does; without the ring if anything fails.</summary>
    private void UseRing(AioSystemCalls? calls)
    {
        if (AioContext.TryCreate(1, out _context, calls).IsError)
        {
            return;
        }

        if (_context!.ReadsRing && TryFire(_context))
        {
            _head = _context.RingHead;
            _tail = _context.RingTail;
        }
        else
        {
            GiveUpRing();
        }
    }

    /// <summary>Proves that the poll of a timer works: that it completes when the timer fires, and at once when it has fired.</summary>
    private bool TryFire(AioContext context)
    {
        try
        {
            _timer = new TimerFd();
        }
        catch (IOException)
        {
            // No descriptor is left. The shard can do without this one.
            return false;
        }

        _poll->aio_lio_opcode = LibCExtra.IOCB_CMD_POLL;
        _poll->aio_fildes = _timer.Fd;
        _poll->aio_buf = (ushort)LibC.POLLIN;
        _timer.Arm(TimeSpan.Zero);
        iocb* poll = _poll;
        return context.Submit(&poll, 1).Value == 1 && TryWait(context) && context.Submit(&poll, 1).Value == 1 && context.HasEvents;
    }

    private static bool TryWait(AioContext context)
    {
        io_event fired;
        timespec deadline = Timespec.From(s_firstFiringDeadline);
        SysResult result;
        do
        {
            // A signal ends a wait.
            result = context.Wait(&fired, 1, 1, &deadline);
        }
        while (result.Errno == LibC.EINTR);

        return result.Value == 1;
    }

    private void GiveUpRing()
    {
        UseOwnWords(mayBeOver: true);
        _context!.Dispose();
        _context = null;
        _timer?.Dispose();
        _timer = null;
    }

    private void Arm(long now)
    {
        io_event fired;
        _context!.Harvest(&fired, 1);
        SetTimer(now);
        iocb* poll = _poll;
        SystemCalls++;
        _isArmed = !_context.Submit(&poll, 1).IsError;
        if (!_isArmed)
        {
            // Nothing would end the slice. The clock still can.
            GiveUpRing();
        }
    }

    private void SetTimer(long now)
    {
        SystemCalls++;
        _timer!.Arm(Stopwatch.GetElapsedTime(now, Math.Max(_end, now)));
    }
}
