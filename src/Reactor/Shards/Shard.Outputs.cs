using Reactor.Shards;

namespace Reactor;

// What is sent at the end of the turn in which it was written.
public sealed partial class Shard
{
    private TurnOutput? _firstOutput;
    private TurnOutput? _lastOutput;

    /// <summary>Puts an output into the list of this turn; it is in no list.</summary>
    /// <remarks>Hot path.</remarks>
    internal void AddOutput(TurnOutput output)
    {
        if (_lastOutput is null)
        {
            _firstOutput = output;
        }
        else
        {
            _lastOutput.NextOutput = output;
        }

        _lastOutput = output;
    }

    /// <summary>Sends what is in the list. What gets there meanwhile is sent in the next turn, so that the list comes to an end.</summary>
    private void SendOutputs()
    {
        TurnOutput? output = _firstOutput;
        _firstOutput = _lastOutput = null;
        while (output is not null)
        {
            TurnOutput? next = output.NextOutput;
            output.NextOutput = null;
            try
            {
                output.SendInTurn();
            }
            catch (Exception exception)
            {
                ReportUnhandled(exception);
            }

            output = next;
        }
    }
}
