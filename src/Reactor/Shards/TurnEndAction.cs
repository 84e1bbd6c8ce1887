using Reactor.Polling;

namespace Reactor.Shards;

/// <summary>
/// What is left for the end of a turn of the loop, when the turn's work has run: to send, all in one go, what was written in
/// it; to receive ahead for a reader that does not read. It may then wait for its descriptor, and runs again at the end of
/// the turn in which that has become ready. Derived from by the pipes of connections.
/// </summary>
/// <param name="shard">On which it is used, and on no other.</param>
/// <param name="handle">The descriptor's entry in the shard's table.</param>
/// <param name="direction">In which it waits.</param>
internal abstract class TurnEndAction(Shard shard, int handle, PollDirection direction) : PollWaiter
{
    // The shard's list of this turn.
    internal TurnEndAction? NextAction;

    private State _state;
    private int _pollResult;

    private enum State : byte
    {
        Idle,

        /// <summary>In the shard's list.</summary>
        Queued,

        /// <summary>For its poll: there is no use in running before.</summary>
        Waiting,
    }

    /// <summary>Has it run when the turn's work has run; again in the same turn is no more than once.</summary>
    /// <remarks>Hot path: once per flush.</remarks>
    internal void RunAtEndOfTurn()
    {
        if (_state == State.Idle)
        {
            _state = State.Queued;
            shard.AddTurnEndAction(this);
        }
    }

    internal sealed override void OnReady(int result)
    {
        _pollResult = result;
        _state = State.Queued;
        shard.AddTurnEndAction(this);
    }

    /// <summary>For the shard: it is this one's turn.</summary>
    internal void RunNow()
    {
        int pollResult = _pollResult;
        _pollResult = 0;
        _state = State.Idle;
        Run(pollResult);
    }

    /// <summary>
    /// Does what there is to do, and calls <see cref="RunWhenReady"/> if something is left. No user code runs here: who waits
    /// for the end is made ready for the next turn.
    /// </summary>
    /// <param name="pollResult">What the poll that it waited for said; negative, an errno, when it was refused. 0 if it did not wait.</param>
    protected abstract void Run(int pollResult);

    /// <summary>Waits until the descriptor is ready.</summary>
    protected void RunWhenReady()
    {
        if (_state == State.Idle)
        {
            _state = State.Waiting;
            shard.Polls.Arm(handle, direction, this);
        }
    }

    /// <summary>Waits no longer: the place in the table is for somebody else, who takes over the poll.</summary>
    protected void StopWaiting()
    {
        if (_state == State.Waiting)
        {
            _state = State.Idle;
            shard.Polls.Abandon(handle, direction);
        }
    }
}
