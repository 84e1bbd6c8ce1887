using Reactor.Shards;

namespace Reactor;

// What is sent at the end of the turn in which it was written.
public sealed partial class Shard
{
    private TurnOutput? _firstOutput;
    private TurnOutput? _lastOutput;

    /// <summary>Has the output sent when the turn's work has run; again in the same turn is no more than once.</summary>
    /// <remarks>Hot path.</remarks>
    internal void SendAtEndOfTurn(TurnOutput output)
    {
        if (output.IsQueued)
        {
            return;
        }

        output.IsQueued = true;
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

    private void SendOutputs()
    {
        while (_firstOutput is { } output)
        {
            _firstOutput = output.NextOutput;
            if (_firstOutput is null)
            {
                _lastOutput = null;
            }

            output.NextOutput = null;
            output.IsQueued = false;
            try
            {
                output.Send();
            }
            catch (Exception exception)
            {
                ReportUnhandled(exception);
            }
        }
    }
}
