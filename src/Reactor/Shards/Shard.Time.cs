using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Reactor.Shards;
using Reactor.Timers;

namespace Reactor;

// Time: the loop's clock, timers, and what waits on the shard.
public sealed partial class Shard
{
    private readonly TimerSet _timers = new();
    private long _timestamp;
    private bool _isTimestampOld = true;

    // Everything on this shard that somebody on this shard is to complete.
    private ShardWork? _firstWait;

    /// <summary>
    /// The loop's clock: <see cref="Stopwatch.GetTimestamp"/>, read at most once in a turn. Good for deadlines that may be
    /// late by a turn, and free. On this shard only.
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

    internal TimerSet Timers => _timers;

    /// <summary>Waits on the current shard. It ends no earlier than asked, and later by as much as the shard is busy.</summary>
    /// <param name="delay">How long; zero or less ends in the next turn. <see cref="Timeout.InfiniteTimeSpan"/> waits for the token.</param>
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
    internal void ArmTimer(TimerEntry timer, TimeSpan due)
    {
        Debug.Assert(IsOnShard, "the timer set is not locked");
        _timers.Arm(timer, DeadlineAfter(due));
    }

    internal static long DeadlineAfter(TimeSpan due)
    {
        long now = Stopwatch.GetTimestamp();
        if (due <= TimeSpan.Zero)
        {
            return now;
        }

        double ticks = due.Ticks * ((double)Stopwatch.Frequency / TimeSpan.TicksPerSecond);
        return ticks < long.MaxValue - now ? now + (long)ticks : long.MaxValue;
    }

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

        long left = _timers.NextDeadline - Stopwatch.GetTimestamp();
        return left <= 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(0, left);
    }
}
