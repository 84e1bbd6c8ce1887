using System.Runtime.CompilerServices;
using Reactor.Scheduling;
using Reactor.Shards;

namespace Reactor;

// Scheduling groups and the time slice.
public sealed partial class Shard
{
    /// <summary>
    /// How far a group that becomes active may be behind the others: as Seastar has it, one slice of the default length,
    /// so that a group that seldom has work runs soon and cannot save up for more.
    /// </summary>
    private static readonly TimeSpan s_latencyAdvantage = ReactorOptions.DefaultTaskQuota;

    private readonly GroupScheduler _scheduler;
    private readonly ShardYield _yield;
    private GroupQueue _currentQueue;
    private Slice _slice = null!;

    /// <summary>
    /// Whether the code that runs on the calling thread's shard has had its time and others wait: then it should yield.
    /// Costs a comparison of two words in user memory. False on threads that are no shard's.
    /// </summary>
    /// <remarks>A timer that has become due ends the time slice as well.</remarks>
    public static bool NeedsPreempt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_current is { } shard && shard.SliceIsOver;
    }

    internal GroupQueue CurrentQueue => _currentQueue;

    internal GroupQueue QueueOf(SchedulingGroup group) => _scheduler.QueueOf(group);

    /// <summary>
    /// Whether others are to have their turn before anything goes on, even what needs no wait. A peer that never pauses would
    /// let every receive and send end at once, and its handler would never give the shard back.
    /// </summary>
    internal bool SliceIsOver
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _slice.MayBeOver && IsSliceOver();
    }

    /// <summary>
    /// Lets everything else that is ready on the shard run, in the order of the scheduling groups, before the code goes on.
    /// On threads that are no shard's it does nothing.
    /// </summary>
    /// <returns>To be awaited at once. Allocates nothing.</returns>
    /// <exception cref="ObjectDisposedException">From the await: the shard has stopped meanwhile.</exception>
    public static ValueTask Yield() => t_current is { } shard ? shard._yield.Begin() : default;

    /// <summary>
    /// For every loop that may run long: yields as <see cref="Yield"/> does if the time slice is over
    /// (<see cref="NeedsPreempt"/>), and otherwise goes on at once for the price of that question.
    /// </summary>
    /// <returns>To be awaited at once. Allocates nothing.</returns>
    /// <exception cref="ObjectDisposedException">From the await: the shard has stopped meanwhile.</exception>
    public static ValueTask YieldIfNeeded() => t_current is { SliceIsOver: true } shard ? shard._yield.Begin() : default;

    /// <summary>The same for what knows its shard.</summary>
    internal ValueTask YieldIfSliceIsOver() => SliceIsOver ? _yield.Begin() : default;

    /// <summary>As <see cref="Yield"/>, with a result, which is true.</summary>
    internal ValueTask<bool> YieldWithResult() => _yield.BeginWithResult();

    /// <summary>Makes a callback ready in a group. On this shard only.</summary>
    internal void Schedule(SchedulingGroup group, Action<object?> callback, object? state) =>
        _scheduler.QueueOf(group).Enqueue(callback, state);

    /// <summary>Makes work ready in the group that it belongs to. On this shard only.</summary>
    internal void Schedule(ShardWork work) =>
        (work.Group is { } group ? _scheduler.QueueOf(group) : _scheduler.Default).Enqueue(ShardWork.RunCallback, work);

    private bool IsSliceOver()
    {
        // It may be the work before the slice that has taken long.
        _isTimestampOld = true;
        return _slice.IsOver(_timers.NextDeadline);
    }

    private void EnterGroup(GroupQueue group)
    {
        _currentQueue = group;
        SynchronizationContext.SetSynchronizationContext(group.Context);
    }
}
