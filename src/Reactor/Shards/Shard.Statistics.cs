using System.Diagnostics;
using Reactor.Polling;
using Reactor.Scheduling;

namespace Reactor;

// What the shard has counted, for readers on any thread. Reading takes nothing from the shard but its cache lines: it
// writes plain fields of its own, and nobody else does.
public sealed partial class Shard
{
    /// <summary>Reads the counters. Safe on any thread: every value is whole, and a little old on other threads.</summary>
    /// <remarks>Allocates nothing. After the shard has stopped, the last values stay.</remarks>
    public ShardStatistics GetStatistics()
    {
        PollCounters polls = _backend?.Counters ?? PollCounters.None;
        (TimeSpan busy, TimeSpan idle) = _idleTime.Read();
        return new ShardStatistics
        {
            Turns = _counters.Turns,
            BusyTime = busy,
            IdleTime = idle,
            ItemsRun = _scheduler.ItemsRun,
            RunQueueLength = _scheduler.Length,
            Preemptions = _counters.Preemptions,
            Yields = _counters.Yields,
            Sleeps = _counters.Sleeps,
            WakeUps = _counters.WakeUps,
            MessagesReceived = _counters.MessagesReceived,
            MessagesSent = _counters.MessagesSent,
            MessagesWaiting = MessagesWaiting,
            TimersFired = _counters.TimersFired,
            TimersArmed = _timers.Count,
            Stalls = Volatile.Read(ref _counters.Stalls),
            UnhandledExceptions = Volatile.Read(ref _counters.UnhandledExceptions),
            PollsSubmitted = polls.PollsSubmitted,
            SubmitCalls = polls.SubmitCalls,
            PollsArmed = polls.PollsArmed,
            Harvests = polls.Harvests,
            EventsHarvested = polls.PollsCompleted,
            PollsOverflowing = polls.PollsOverflowing,
            Overflows = polls.Overflows,
            StaleCompletions = polls.StaleCompletions,
            PollsRefused = polls.PollsRefused,
            Descriptors = polls.Descriptors,
            SystemCalls = polls.SystemCalls + _counters.IoCalls + (_slice?.SystemCalls ?? 0),
            Connections = _counters.Connections,
            ConnectionsOpened = _counters.ConnectionsOpened,
            AcceptErrors = _counters.AcceptErrors,
            BytesReceived = _counters.BytesReceived,
            BytesSent = _counters.BytesSent,
        };
    }

    /// <summary>
    /// Reads what the shard has counted of one scheduling group; all zero when the group has never had work here. Safe on
    /// any thread, like <see cref="GetStatistics()"/>.
    /// </summary>
    /// <param name="group">Once it has been destroyed, its counters are kept until another group takes its place.</param>
    public SchedulingGroupStatistics GetStatistics(SchedulingGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return _scheduler.Find(group) is { } queue ? Read(queue) : default;
    }

    /// <summary>
    /// The same for each name of a group that has had work here: groups of one name are counted together, because the name
    /// is what metrics show. From any thread.
    /// </summary>
    internal Dictionary<string, SchedulingGroupStatistics> GetGroupStatistics()
    {
        var byName = new Dictionary<string, SchedulingGroupStatistics>();
        foreach (GroupQueue queue in _scheduler.Queues)
        {
            byName[queue.Group.Name] = byName.GetValueOrDefault(queue.Group.Name).Plus(Read(queue));
        }

        return byName;
    }

    private static SchedulingGroupStatistics Read(GroupQueue queue) => new()
    {
        ItemsRun = queue.ItemsRun,
        RunTime = Stopwatch.GetElapsedTime(0, queue.RunTicks),
        WaitTime = Stopwatch.GetElapsedTime(0, queue.WaitTicks),
        Queued = queue.Count,
    };
}
