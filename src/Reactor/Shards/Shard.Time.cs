using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Reactor.Shards;
using Reactor.Timers;

namespace Reactor;

// Time: the loop's clock, timers, and what waits on the shard.
public sealed partial class Shard
{
    private readonly TimerSet _timers = new();
    private readonly ShardTimeProvider _timeProvider;
    private long _timestamp;
    private bool _isTimestampOld = true;

    // Everything on this shard that somebody on this shard is to complete.
    private ShardWork? _firstWait;

    /// <summary>
    /// The loop's clock: <see cref="Stopwatch.GetTimestamp"/>, read at most once in a turn or a time slice.
    /// Good for deadlines that may be late by as much, and free. On this shard only.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on this shard.</exception>
    public long Timestamp
    {
        get
        {
            VerifyAccess();
            if (_isTimestampOld)
            {
                ReadClock();
            }

            return _timestamp;
        }
    }

    /// <summary>
    /// Time for .NET's own classes, such as <see cref="Task.Delay(TimeSpan, TimeProvider)"/>, <see cref="PeriodicTimer"/> and
    /// <see cref="CancellationTokenSource(TimeSpan, TimeProvider)"/>: the system's clock, with timers that fire on this
    /// shard. Its timers are made, changed and disposed on any thread.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A timer's callback runs on the shard, from its run queue, in the execution context of whoever made the timer; never
    /// early, never two at a time, and not once more when the timer was changed or disposed on the shard before. A periodic
    /// timer keeps its phase and skips what it has missed. An exception from the callback is told to
    /// <see cref="ReactorOptions.UnhandledException"/>, and a periodic timer goes on. Arguments are those of
    /// <see cref="TimeProvider.System"/>'s timers, but parts of a millisecond count.
    /// </para>
    /// <para>
    /// Code that awaits such a class on the shard continues there through the synchronization context. Where
    /// <see cref="ReactorOptions.UseSynchronizationContext"/> is false, .NET continues it where the timer's callback runs,
    /// which is this shard too; but when a token ends the await instead, it continues where .NET likes, mostly on the thread pool.
    /// <see cref="Delay"/> and <see cref="Timeout(TimeSpan, CancellationToken)"/> depend on neither, and allocate nothing.
    /// </para>
    /// <para>
    /// When the shard stops, timers that are armed go on as <see cref="TimeProvider.System"/>'s, on the thread pool, with
    /// the time that is left; those that are made later are such from the start. So nothing that waits for them is lost.
    /// </para>
    /// </remarks>
    public TimeProvider TimeProvider => _timeProvider;

    internal TimerSet Timers => _timers;

    /// <summary>Begins a timeout on the current shard, for everything that takes a token: the framework's operations and any other.</summary>
    /// <param name="timeout">
    /// After which the token fires; zero or less, in the next turn, so that what need not wait still succeeds.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for never.
    /// </param>
    /// <param name="linked">A token that makes the timeout's own fire too: at once when it fires on the shard, otherwise when the shard hears of it.</param>
    /// <returns>To be disposed when what has the timeout has ended. Allocates nothing, unless an earlier one's token fired.</returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <remarks>When the shard stops, the token fires; begun after that, it has fired already.</remarks>
    public static ShardTimeout Timeout(TimeSpan timeout, CancellationToken linked = default) =>
        TimeoutSource.Start(OfCaller("begin a timeout"), timeout, linked);

    /// <summary>Waits on the current shard. It ends no earlier than asked, and later by as much as the shard is busy.</summary>
    /// <param name="delay">How long; zero or less ends in the next turn. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for the token.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>To be awaited once. Allocates nothing.</returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    public static ValueTask Delay(TimeSpan delay, CancellationToken cancellationToken = default)
    {
        Shard shard = OfCaller("wait for a time");
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : DelayFuture.Start(shard, delay, cancellationToken);
    }

    /// <summary>The shard of the calling thread, for what is made on a shard.</summary>
    /// <param name="attempt">What the caller is about to do, as messages say it.</param>
    internal static Shard OfCaller(string attempt) => t_current
        ?? throw new InvalidOperationException($"To {attempt}, be on a shard: await host.Shards[0].InvokeAsync(() => …).");

    /// <summary>Arms a timer from the present, not from the loop's clock, which may be a long turn old: no timer fires early.</summary>
    internal void ArmTimer(TimerEntry timer, TimeSpan due) => ArmTimer(timer, DeadlineAfter(due));

    /// <param name="timer">The timer.</param>
    /// <param name="deadline">When it is due, in Stopwatch ticks.</param>
    internal void ArmTimer(TimerEntry timer, long deadline)
    {
        Debug.Assert(IsOnShard, "the timer set is not locked");
        _timers.Arm(timer, deadline);

        // What runs now and runs long is to notice the timer at its next question.
        _slice.EndBy(deadline);
    }

    internal static long DeadlineAfter(TimeSpan due)
    {
        long now = Stopwatch.GetTimestamp();
        if (due <= TimeSpan.Zero)
        {
            return now;
        }

        long ticks = ToStopwatchTicks(due);
        return ticks < long.MaxValue - now ? now + ticks : long.MaxValue;
    }

    /// <remarks>A span that is too long for a clock of nanoseconds becomes the longest one: converting saturates.</remarks>
    internal static long ToStopwatchTicks(TimeSpan span) => (long)(span.Ticks * ((double)Stopwatch.Frequency / TimeSpan.TicksPerSecond));

    /// <summary>Takes a wait into the shard's care; false when the shard stops, which would leave it pending for ever.</summary>
    internal bool TryAddWait(ShardWork wait, [NotNullWhen(false)] out Exception? refusal)
    {
        if (IsStopping)
        {
            refusal = HasStoppedException();
            return false;
        }

        refusal = null;
        wait.Next = _firstWait;
        if (_firstWait is not null)
        {
            _firstWait.Previous = wait;
        }

        _firstWait = wait;
        return true;
    }

    internal void RemoveWait(ShardWork wait)
    {
        if (wait.Next is not null)
        {
            wait.Next.Previous = wait.Previous;
        }

        if (wait.Previous is not null)
        {
            wait.Previous.Next = wait.Next;
        }
        else if (_firstWait == wait)
        {
            _firstWait = wait.Next;
        }

        wait.Next = wait.Previous = null;
    }

    private void EndWaits()
    {
        while (_firstWait is { } wait)
        {
            ((IEndsAtStop)wait).EndAtStop(HasStoppedException());
        }
    }

    private void ReadClock()
    {
        _timestamp = Stopwatch.GetTimestamp();
        _isTimestampOld = false;
    }

    /// <summary>Timers that are due make their futures ready.</summary>
    private void FireTimers()
    {
        if (_timers.Count > 0)
        {
            ReadClock();
            _counters.TimersFired += _timers.Expire(_timestamp);
        }
    }

    /// <summary>How long the loop may sleep; null without end.</summary>
    private TimeSpan? UntilNextTimer()
    {
        if (_timers.Count == 0)
        {
            return null;
        }

        // Rounded up to the resolution of a TimeSpan: waking up earlier would cost a turn in vain.
        long left = _timers.NextDeadline - Stopwatch.GetTimestamp();
        return left <= 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, left) + new TimeSpan(1);
    }

    /// <summary>Gives the armed timers of .NET's own classes to the system; there are no others any more.</summary>
    private void HandOverTimers()
    {
        while (_timers.TakeAny() is { } timer)
        {
            (timer as ShardTimer)?.HandOver();
        }
    }
}
