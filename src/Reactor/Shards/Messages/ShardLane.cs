using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// The way from one shard to another: what is sent arrives once, in order. A ring carries it, and what the ring has no
/// room for waits in a queue of the sender's. Requests and answers of both shards' calls take the same way.
/// </summary>
internal sealed class ShardLane
{
    /// <summary>
    /// Messages under way in a lane before the next ones wait at the sender. It bounds what arrives at a shard in one turn,
    /// and is large enough that a lane full of small calls keeps its target busy for some ten microseconds.
    /// </summary>
    internal const int Capacity = 512;

    private readonly SpscRing<ShardWork> _ring = new(Capacity);

    // The sender's: what found the ring full, oldest first.
    private readonly Queue<ShardWork> _waiting = [];
    private readonly WakeFlag _senderIsWaiting = new();

    internal ShardLane(Shard sender, Shard receiver)
    {
        Sender = sender;
        Receiver = receiver;
    }

    internal Shard Sender { get; }

    internal Shard Receiver { get; }

    /// <summary>Sender: stands in its list of lanes to be flushed.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Sender: messages that wait for a place in the ring. Readers on other threads see a number that is a little old.</summary>
    internal int Waiting => _waiting.Count;

    /// <summary>Receiver: has anything arrived?</summary>
    internal bool HasArrivals
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _ring.HasItems;
    }

    /// <summary>Sender: there are messages that wait, and now there is room for them.</summary>
    internal bool CanGoOn => _waiting.Count > 0 && _ring.HasRoom;

    /// <summary>Sender: takes a message; the receiver sees it after the next <see cref="Publish"/>.</summary>
    /// <remarks>Hot path.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(ShardWork message)
    {
        if (_waiting.Count > 0 || !_ring.TryAdd(message))
        {
            _waiting.Enqueue(message);
        }
    }

    /// <summary>Sender: lets the receiver see what was added; false if it was nothing new.</summary>
    internal bool Publish()
    {
        while (_waiting.TryPeek(out ShardWork? message) && _ring.TryAdd(message))
        {
            _waiting.Dequeue();
        }

        return _ring.Publish();
    }

    /// <summary>Receiver: puts what has arrived into its run queue, and says how much it was.</summary>
    internal int Deliver()
    {
        int count = _ring.Available();
        for (int i = 0; i < count; i++)
        {
            Receiver.Schedule(_ring.Take(i));
        }

        _ring.Free(count);
        return count;
    }

    /// <summary>Receiver: after it has delivered and passed a full fence. The sender is to be woken if it sleeps, because there is room now.</summary>
    internal bool SenderIsWaiting => _senderIsWaiting.IsSet;

    /// <summary>
    /// Sender: says that it is going to sleep although messages wait for room. A full fence has to follow, and then another
    /// look at <see cref="CanGoOn"/>.
    /// </summary>
    internal void AnnounceWaiting() => _senderIsWaiting.Set();

    /// <summary>
    /// Sender: it is up again. The receiver must not take the announcement back: one that comes late would take back that
    /// of the next wait, and find the sender not asleep yet (SleepModel has the interleaving).
    /// </summary>
    internal void RetractWaiting() => _senderIsWaiting.Clear();
}
