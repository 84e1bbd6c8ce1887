namespace Reactor.Net;

/// <summary>
/// The places that the connections of a server may take, over all shards: a counting semaphore whose waiters are
/// acceptors, woken on their shards. As long as there are places, taking and giving back one is an interlocked addition.
/// </summary>
/// <remarks>
/// <see cref="_left"/> below zero counts those who found no place. Each of them goes, under the lock, either into the
/// queue or takes a place that was given back in between; so a place that comes back is always given to somebody who
/// waits, the longest first, and nobody who comes later can overtake: a shard on which connections end all the time cannot
/// keep the others from accepting.
/// </remarks>
internal sealed class ConnectionLimit(int places)
{
    private readonly Lock _lock = new();
    private readonly Queue<IPlaceWaiter> _waiting = [];

    // Given back after their waiter found none, and before it was in the queue.
    private int _givenBack;
    private int _left = places;

    /// <summary>Takes a place. If there is none, the acceptor is given one later.</summary>
    internal bool TryTake(IPlaceWaiter acceptor) => Interlocked.Decrement(ref _left) >= 0 || TryTakeOrWait(acceptor);

    /// <summary>Gives a place back, to who has waited longest. On any thread.</summary>
    internal void GiveBack()
    {
        if (Interlocked.Increment(ref _left) <= 0 && NextWaiting() is { } acceptor)
        {
            acceptor.GivePlace();
        }
    }

    private bool TryTakeOrWait(IPlaceWaiter acceptor)
    {
        lock (_lock)
        {
            if (_givenBack > 0)
            {
                _givenBack--;
                return true;
            }

            _waiting.Enqueue(acceptor);
            return false;
        }
    }

    private IPlaceWaiter? NextWaiting()
    {
        lock (_lock)
        {
            if (_waiting.TryDequeue(out IPlaceWaiter? acceptor))
            {
                return acceptor;
            }

            _givenBack++;
            return null;
        }
    }
}
