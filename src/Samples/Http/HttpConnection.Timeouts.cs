namespace Reactor.Samples.Http;

// What the shard's clock does to a connection that takes too long.
internal sealed partial class HttpConnection
{
    private Phase _phase;
    private long _phaseStart = shard.Now;

    // The request did not come in time; the peer is told so and the connection ends.
    private bool _isOverdue;

    // Ends the receive of such a request. A shutdown of the receiving side would do that too, but then nothing would be
    // received afterwards, and closing would send RST before the peer has read the answer.
    private readonly CancellationTokenSource _overdue = new();

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
            case Phase.Body when EchoesAsItComes:
                // Its answer has begun: another one behind it would be taken for the rest of the body.
                tcp.Abort();
                break;
            case Phase.Head or Phase.Body:
                _isOverdue = true;
                _overdue.Cancel();
                break;
            case Phase.Lingering:
                // The peer does not finish. What it has not read yet still arrives.
                tcp.Close();
                break;
            default:
                // The peer takes nothing: there is no polite way.
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
