namespace Reactor.Shards;

/// <summary>
/// What is written during a turn of the loop and sent at its end, all in one go. Derived from by the outputs of connections,
/// which queue themselves with <see cref="Shard.SendAtEndOfTurn"/>.
/// </summary>
internal abstract class TurnOutput
{
    // The shard's list of this turn.
    internal TurnOutput? NextOutput;
    internal bool IsQueued;

    /// <summary>Sends what has been written. No user code runs here: who waits for the end is made ready for the next turn.</summary>
    internal abstract void Send();
}
