using Reactor.Polling;

namespace Reactor.Shards;

/// <summary>
/// What is written during a turn of the loop and sent at its end, all in one go. Derived from by the outputs of connections.
/// What the kernel does not take then waits for the poll, and is sent at the end of the turn in which that completes.
/// </summary>
/// <param name="shard">On which it is used, and on no other.</param>
/// <param name="handle">The descriptor's entry in the shard's table.</param>
internal abstract class TurnOutput(Shard shard, int handle) : PollWaiter
{
    // The shard's list of this turn.
    internal TurnOutput? NextOutput;

    private State _state;
    private int _pollResult;

    private enum State : byte
    {
        Idle,

        /// <summary>In the shard's list.</summary>
        Queued,

        /// <summary>For its poll: there is no use in sending before.</summary>
        Waiting,
    }

    /// <summary>Has it sent when the turn's work has run; again in the same turn is no more than once.</summary>
    /// <remarks>Hot path: once per flush.</remarks>
    internal void SendAtEndOfTurn()
    {
        if (_state == State.Idle)
        {
            _state = State.Queued;
            shard.AddOutput(this);
        }
    }

    internal sealed override void OnReady(int result)
    {
        _pollResult = result;
        _state = State.Queued;
        shard.AddOutput(this);
    }

    /// <summary>For the shard: it is this output's turn.</summary>
    internal void SendInTurn()
    {
        int pollResult = _pollResult;
        _pollResult = 0;
        _state = State.Idle;
        Send(pollResult);
    }

    /// <summary>
    /// Sends what has been written, and calls <see cref="SendWhenWritable"/> if something is left. No user code runs here:
    /// who waits for the end is made ready for the next turn.
    /// </summary>
    /// <param name="pollResult">Negative, an errno, when the poll that it waited for was refused.</param>
    protected abstract void Send(int pollResult);

    /// <summary>Waits until the kernel has room for more.</summary>
    protected void SendWhenWritable()
    {
        if (_state == State.Idle)
        {
            _state = State.Waiting;
            shard.Polls.Arm(handle, PollDirection.Write, this);
        }
    }
}
