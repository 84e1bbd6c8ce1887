namespace Reactor.Samples.Http;

// What the shard's clock does to a connection that takes too long.
internal sealed partial class HttpConnection
{
    private Phase _phase;
    private long _phaseStart = shard.Now;

    // The request did not come in time; the peer is told so and the connection ends.
    private bool _isOverdue;

    private enum Phase : byte
    {
        Idle,
        Head,
        Body,
        Sending,
        Lingering,
    }

    /// <summary>Ends the connection if it waits for a request: the wait returns as if the peer had finished.</summary>
    internal void EndIfIdle()
    {
        if (_phase == Phase.Idle)
        {
            tcp.ShutdownReceive();
        }
    }

    /// <summary>Ends the wait that has lasted too long.</summary>
    internal void EndIfOverdue()
    {
        if (shard.Now - _phaseStart < LimitOf(_phase).TotalMilliseconds || tcp.IsClosed)
        {
            return;
        }

        switch (_phase)
        {
            case Phase.Idle:
                tcp.ShutdownReceive();
                break;
            case Phase.Head or Phase.Body:
                _isOverdue = true;
                tcp.ShutdownReceive();
                break;
            default:
                // The peer takes nothing, or sends without end: there is no polite way.
                tcp.Abort();
                break;
        }
    }

    private TimeSpan LimitOf(Phase phase) => phase switch
    {
        Phase.Idle => shard.Timeouts.Idle,
        Phase.Head => shard.Timeouts.Head,
        Phase.Body => shard.Timeouts.Body,
        Phase.Sending => shard.Timeouts.Send,
        _ => shard.Timeouts.Linger,
    };

    private void Enter(Phase phase)
    {
        _phase = phase;
        _phaseStart = shard.Now;
    }

    /// <summary>A head has its time from its first byte on; a body from its last piece on.</summary>
    private void EnterReceiving()
    {
        Phase phase = _isInBody ? Phase.Body : Phase.Head;
        if (phase != _phase || phase == Phase.Body)
        {
            Enter(phase);
        }
    }
}
