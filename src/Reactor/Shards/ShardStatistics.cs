namespace Reactor;

/// <summary>The counters of a shard at one moment. All count from the shard's start, unless they say "now".</summary>
public readonly record struct ShardStatistics
{
    /// <summary>Turns of the loop.</summary>
    public long Turns { get; internal init; }

    /// <summary>The time, since the loop began, in which it had something to do: all that is not <see cref="IdleTime"/>.</summary>
    public TimeSpan BusyTime { get; internal init; }

    /// <summary>The time in which it had nothing to do: it looked for news in user memory, or slept. Grows while it sleeps.</summary>
    public TimeSpan IdleTime { get; internal init; }

    /// <summary>Continuations and callbacks run.</summary>
    public long ItemsRun { get; internal init; }

    /// <summary>Continuations and callbacks that are ready to run now.</summary>
    public long RunQueueLength { get; internal init; }

    /// <summary>Times that work was left for the next turn because the time slice was over.</summary>
    public long Preemptions { get; internal init; }

    /// <summary>Times that code gave the shard away with <see cref="Shard.Yield"/> or <see cref="Shard.YieldIfNeeded"/>, or that the framework did in its name.</summary>
    public long Yields { get; internal init; }

    /// <summary>Times that the loop had nothing to do and blocked in the kernel.</summary>
    public long Sleeps { get; internal init; }

    /// <summary>Times that another thread woke it.</summary>
    public long WakeUps { get; internal init; }

    /// <summary>Calls, posts and answers that have come from other shards of the host.</summary>
    public long MessagesReceived { get; internal init; }

    /// <summary>Calls, posts and answers that were sent to other shards of the host. Less those received, summed over all shards, it makes the number that is on the way.</summary>
    public long MessagesSent { get; internal init; }

    /// <summary>Messages to other shards that wait now, because as many as a lane takes are on the way.</summary>
    public long MessagesWaiting { get; internal init; }

    /// <summary>Timers that were due.</summary>
    public long TimersFired { get; internal init; }

    /// <summary>Timers that wait for their time now: delays, timeouts, timers of <see cref="Shard.TimeProvider"/>.</summary>
    public long TimersArmed { get; internal init; }

    /// <summary>Times that the loop did not turn for <see cref="ReactorOptions.StallThreshold"/>.</summary>
    public long Stalls { get; internal init; }

    /// <summary>Exceptions that left a callback or a handler and were reported to <see cref="ReactorOptions.UnhandledException"/>.</summary>
    public long UnhandledExceptions { get; internal init; }

    /// <summary>Polls that the kernel accepted.</summary>
    public long PollsSubmitted { get; internal init; }

    /// <summary>Calls of io_submit that carried them; several polls per call are the sign of a busy shard.</summary>
    public long SubmitCalls { get; internal init; }

    /// <summary>Polls in the kernel now, the one for wake-ups included.</summary>
    public long PollsArmed { get; internal init; }

    /// <summary>Waits now that have no poll of their own, because the budget is used up or AIO has none for the descriptor: they stand in an epoll set.</summary>
    public long PollsOverflowing { get; internal init; }

    /// <summary>Such waits since the start.</summary>
    public long Overflows { get; internal init; }

    /// <summary>Times that completions were taken from the kernel.</summary>
    public long Harvests { get; internal init; }

    /// <summary>Completions taken; several per harvest are the sign of a busy shard.</summary>
    public long EventsHarvested { get; internal init; }

    /// <summary>Completions that found nobody waiting and were dropped: of cancelled operations and of descriptors being closed.</summary>
    public long StaleCompletions { get; internal init; }

    /// <summary>Polls that the kernel refused; each failed its own operation.</summary>
    public long PollsRefused { get; internal init; }

    /// <summary>Polled file descriptors now, the one for wake-ups included.</summary>
    public long Descriptors { get; internal init; }

    /// <summary>System calls made by the loop and by the operations on it. Calls of user code are not seen.</summary>
    public long SystemCalls { get; internal init; }

    /// <summary>Connections open now, of TCP and of Unix domain sockets.</summary>
    public long Connections { get; internal init; }

    /// <summary>Connections that were accepted or connected.</summary>
    public long ConnectionsOpened { get; internal init; }

    /// <summary>Times that accepting failed, for lack of file descriptors or memory.</summary>
    public long AcceptErrors { get; internal init; }

    /// <summary>Bytes received on sockets.</summary>
    public long BytesReceived { get; internal init; }

    /// <summary>Bytes that the kernel took to send on sockets.</summary>
    public long BytesSent { get; internal init; }
}
