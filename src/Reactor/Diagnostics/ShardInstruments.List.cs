using System.Diagnostics.Metrics;

namespace Reactor.Diagnostics;

// The list of what there is. docs/metrics.md has the same list, and a test that compares them.
internal sealed partial class ShardInstruments
{
    private ShardInstruments(Meter meter)
    {
        _meter = meter;

        _meter.CreateObservableUpDownCounter("reactor.shards", Backends, "{shard}", "Shards that run, with what they poll through and why: 1 for each.");
        Counter("reactor.loop.turns", "{turn}", "Turns of the loop.", static now => now.Turns);
        Time("reactor.loop.busy.time", "Time in which the shard had something to do.", static now => now.BusyTime);
        Time("reactor.loop.idle.time", "Time in which it had nothing to do: it spun or slept.", static now => now.IdleTime);
        Counter("reactor.sleeps", "{sleep}", "Times that the loop had nothing to do and blocked in the kernel.", static now => now.Sleeps);
        Counter("reactor.wakeups", "{wakeup}", "Times that another thread woke it.", static now => now.WakeUps);
        Counter("reactor.system_calls", "{call}", "System calls of the loop and of the operations on it.", static now => now.SystemCalls);

        Level("reactor.descriptors", "{descriptor}", "Polled file descriptors, the one for wake-ups included.", static now => now.Descriptors);
        Level("reactor.polls.armed", "{poll}", "Polls in the kernel, the one for wake-ups included.", static now => now.PollsArmed);
        Level("reactor.polls.overflowing", "{poll}", "Waits in the epoll set, because the budget of polls is used up or AIO has none for the descriptor.", static now => now.PollsOverflowing);
        Counter("reactor.polls.overflows", "{poll}", "Waits that were put there.", static now => now.Overflows);
        Counter("reactor.polls.submitted", "{poll}", "Polls that the kernel accepted.", static now => now.PollsSubmitted);
        Counter("reactor.polls.refused", "{poll}", "Polls that the kernel refused; each failed its own operation.", static now => now.PollsRefused);
        Counter("reactor.submit.calls", "{call}", "Calls that carried the polls to the kernel.", static now => now.SubmitCalls);
        Counter("reactor.harvest.calls", "{call}", "Times that completions were taken from the kernel.", static now => now.Harvests);
        Counter("reactor.events", "{event}", "Completions taken.", static now => now.EventsHarvested);
        Counter("reactor.completions.stale", "{completion}", "Completions that found nobody waiting: of cancelled operations and of descriptors being closed.", static now => now.StaleCompletions);

        GroupLevel("reactor.run_queue.length", "{item}", "Continuations and callbacks that are ready to run.", static now => now.Queued);
        GroupCounter("reactor.run_queue.items", "{item}", "Continuations and callbacks run.", static now => now.ItemsRun);
        GroupTime("reactor.task.run.time", "Time that they took.", static now => now.RunTime);
        GroupTime("reactor.task.wait.time", "Time that the group had something ready and others ran.", static now => now.WaitTime);
        Counter("reactor.preemptions", "{preemption}", "Times that work was left for the next turn because the time slice was over.", static now => now.Preemptions);
        Counter("reactor.yields", "{yield}", "Times that code gave the shard away by a yield.", static now => now.Yields);
        Counter("reactor.unhandled_exceptions", "{exception}", "Exceptions that nobody awaited.", static now => now.UnhandledExceptions);

        Counter("reactor.messages.sent", "{message}", "Calls, posts and answers sent to other shards of the host.", static now => now.MessagesSent);
        Counter("reactor.messages.received", "{message}", "Calls, posts and answers that have come from other shards.", static now => now.MessagesReceived);
        Level("reactor.lane.waiting", "{message}", "Messages to other shards that wait because as many as a lane takes are on the way.", static now => now.MessagesWaiting);

        Level("reactor.timers.armed", "{timer}", "Timers that wait for their time.", static now => now.TimersArmed);
        Counter("reactor.timers.fired", "{timer}", "Timers that were due.", static now => now.TimersFired);

        Level("reactor.connections.active", "{connection}", "Connections that are open, of TCP and of Unix domain sockets.", static now => now.Connections);
        Counter("reactor.connections.opened", "{connection}", "Connections that were accepted or connected.", static now => now.ConnectionsOpened);
        Counter("reactor.accept.errors", "{error}", "Times that accepting failed, for lack of file descriptors or memory.", static now => now.AcceptErrors);
        _stallDuration = _meter.CreateHistogram<double>("reactor.stall.duration", "s", "Times that the loop did not turn for longer than the threshold.");
        _meter.CreateObservableCounter("reactor.network.io", Bytes, "By", "Bytes sent and received on sockets.");
    }
}
