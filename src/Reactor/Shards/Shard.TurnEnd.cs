using Reactor.Shards;

namespace Reactor;

// What is left for the end of the turn.
public sealed partial class Shard
{
    private TurnEndAction? _firstTurnEndAction;
    private TurnEndAction? _lastTurnEndAction;

    /// <summary>Puts an action into the list of this turn; it is in no list.</summary>
    /// <remarks>Hot path.</remarks>
    internal void AddTurnEndAction(TurnEndAction action)
    {
        if (_lastTurnEndAction is null)
        {
            _firstTurnEndAction = action;
        }
        else
        {
            _lastTurnEndAction.NextAction = action;
        }

        _lastTurnEndAction = action;
    }

    /// <summary>Runs what is in the list. What gets there meanwhile runs in the next turn, so that the list comes to an end.</summary>
    private void RunTurnEnd()
    {
        TurnEndAction? action = _firstTurnEndAction;
        _firstTurnEndAction = _lastTurnEndAction = null;
        while (action is not null)
        {
            TurnEndAction? next = action.NextAction;
            action.NextAction = null;
            try
            {
                action.RunNow();
            }
            catch (Exception exception)
            {
                ReportUnhandled(exception);
            }

            action = next;
        }
    }
}
