namespace Reactor.Net;

/// <summary>
/// Decides whether the next receive is tried before a poll is armed. A datagram that was found says nothing about the next,
/// unlike the full buffer of a stream: so tries go on as long as they find something, and after one in vain twice as many
/// receives as before go straight to their poll, up to a few dozen. A flood is read without polls, and of a quiet dialogue
/// hardly a try is wasted.
/// </summary>
internal struct EagerTries
{
    private const int MostSkipped = 63;

    private int _skipped;
    private int _left;

    /// <summary>Asked by each receive: whether it is to try.</summary>
    internal bool IsNext()
    {
        if (_left == 0)
        {
            return true;
        }

        _left--;
        return false;
    }

    /// <summary>A try has found something, or a batch came back full.</summary>
    internal void Found() => _skipped = _left = 0;

    /// <summary>A try has found nothing.</summary>
    internal void Missed() => _left = _skipped = Math.Min(MostSkipped, (_skipped * 2) + 1);

    /// <summary>A batch that was not full has taken all there was: the next receive has nothing to try for.</summary>
    internal void Emptied() => _left = Math.Max(_left, 1);
}
