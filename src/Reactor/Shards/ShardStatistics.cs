using Reactor.Polling;
using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

/// <summary>The counters of a shard at one moment. All count from the shard's start, unless they say "now".</summary>
public readonly record struct ShardStatistics
{
    /// <summary>Turns of the loop.</summary>
    public long Turns { get; private init; }

    /// <summary>Continuations and callbacks run.</summary>
    public long ItemsRun { get; private init; }

    /// <summary>Times that work was left for the next turn because the time slice was over.</summary>
    public long Preemptions { get; private init; }

    /// <summary>Times that the loop had nothing to do and blocked in the kernel.</summary>
    public long Sleeps { get; private init; }

    /// <summary>Times that another thread woke it.</summary>
    public long WakeUps { get; private init; }

    /// <summary>Calls, posts and answers that have come from other shards of the host.</summary>
    public long MessagesReceived { get; private init; }

    /// <summary>Timers that were due.</summary>
    public long TimersFired { get; private init; }

    /// <summary>Times that the loop did not turn for <see cref="ReactorOptions.StallThreshold"/>.</summary>
    public long Stalls { get; private init; }

    /// <summary>Exceptions that left a callback or a handler and were reported to <see cref="ReactorOptions.UnhandledException"/>.</summary>
    public long UnhandledExceptions { get; private init; }

    /// <summary>Polls that the kernel accepted.</summary>
    public long PollsSubmitted { get; private init; }

    /// <summary>Calls of io_submit that carried them; several polls per call are the sign of a busy shard.</summary>
    public long SubmitCalls { get; private init; }

    /// <summary>Polls in the kernel now, the one for wake-ups included.</summary>
    public long PollsArmed { get; private init; }

    /// <summary>Completions that found nobody waiting and were dropped: of cancelled operations and of descriptors being closed.</summary>
    public long StaleCompletions { get; private init; }

    /// <summary>Polls that the kernel refused; each failed its own operation.</summary>
    public long PollsRefused { get; private init; }

    /// <summary>Polled file descriptors now, the one for wake-ups included.</summary>
    public long Descriptors { get; private init; }

    /// <summary>System calls made by the loop and by the operations on it. Calls of user code are not seen.</summary>
    public long SystemCalls { get; private init; }

    internal static ShardStatistics Read(ShardCounters shard, PollCounters? polls, GroupScheduler scheduler, Slice? slice)
    {
        polls ??= new PollCounters();
        return new ShardStatistics
        {
            Turns = shard.Turns,
            ItemsRun = scheduler.ItemsRun,
            Preemptions = shard.Preemptions,
            Sleeps = shard.Sleeps,
            WakeUps = shard.WakeUps,
            MessagesReceived = shard.MessagesReceived,
            TimersFired = shard.TimersFired,
            Stalls = Volatile.Read(ref shard.Stalls),
            UnhandledExceptions = Volatile.Read(ref shard.UnhandledExceptions),
            PollsSubmitted = polls.PollsSubmitted,
            SubmitCalls = polls.SubmitCalls,
            PollsArmed = polls.PollsArmed,
            StaleCompletions = polls.StaleCompletions,
            PollsRefused = polls.PollsRefused,
            Descriptors = polls.Descriptors,
            SystemCalls = polls.SystemCalls + shard.IoCalls + (slice?.SystemCalls ?? 0),
        };
    }
}
