using Reactor.Shards;

namespace Reactor.Net.Kestrel;

/// <summary>
/// What any thread may ask of an object of a shard, as a set of bits, which are served on the shard, in an order that the
/// derived class knows, however often and by whom they were set. Sending allocates nothing: it is the same work each time.
/// </summary>
internal abstract class ForeignRequests(Shard shard) : ShardWork
{
    private int _requests;

    // In the shard's inbox or run queue.
    private int _isSent;

    /// <summary>From any thread, on the shard too: is served in its turn, not at once.</summary>
    internal void Request(int request)
    {
        Interlocked.Or(ref _requests, request);
        if (Interlocked.Exchange(ref _isSent, 1) != 0)
        {
            return;
        }

        if (shard.IsOnShard && !shard.HasStopped)
        {
            shard.Schedule(this);
        }
        else if (!shard.TrySend(this))
        {
            Volatile.Write(ref _isSent, 0);
            OnShardStopped(Interlocked.Exchange(ref _requests, 0));
        }
    }

    /// <summary>On the shard: serves what has been asked, for who comes before its turn.</summary>
    internal void ServeNow()
    {
        int requests = Interlocked.Exchange(ref _requests, 0);
        if (requests != 0)
        {
            Serve(requests);
        }
    }

    internal sealed override void Run()
    {
        // Before the requests are taken: one that comes later sends anew.
        Interlocked.Exchange(ref _isSent, 0);
        if (shard.IsOnShard)
        {
            ServeNow();
        }
        else
        {
            OnShardStopped(Interlocked.Exchange(ref _requests, 0));
        }
    }

    /// <summary>On the shard.</summary>
    protected abstract void Serve(int requests);

    /// <summary>On any thread: the shard has stopped, and has aborted every connection.</summary>
    protected abstract void OnShardStopped(int requests);
}
