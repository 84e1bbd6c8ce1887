using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// A bounded queue between the flows of one shard: who pushes into a full one waits for room, who pops from an empty one
/// waits for an item, both in the order in which they came.
/// </summary>
/// <typeparam name="T">What it carries.</typeparam>
/// <remarks>
/// Belongs to the shard on which it was made and is used there only; without locks, and without allocation once it has been
/// in use. Waits resume in their turn, never inside the call that ended them. Who pops what is there without a wait keeps the
/// shard meanwhile; <see cref="ReadAllAsync"/> lets others have a turn now and then. To carry items off the shard there is <see cref="ShardChannel{T}"/>.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue.")]
public sealed partial class ShardQueue<T>
{
    private readonly Queue<T> _items;

    // Set together, by the end: for those who come later.
    private Breakage<bool>? _pushRefusal;
    private Breakage<T>? _popRefusal;
    private bool _hasFailed;

    /// <summary>Makes an empty queue that belongs to the calling shard.</summary>
    /// <param name="capacity">How many items it holds; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A capacity of less than 1.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ShardQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _items = new Queue<T>(Math.Min(capacity, 1_024));
    }

    /// <summary>The shard that the queue belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; } = Shard.OfCaller("make a queue");

    /// <summary>How many items it holds at the most.</summary>
    public int Capacity { get; }

    /// <summary>How many items are in it; those of pushes that wait are not.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public int Count
    {
        get
        {
            Shard.VerifyAccess();
            return _items.Count;
        }
    }

    /// <summary>Whether <see cref="Complete"/> or <see cref="Abort"/> has been called; items may still be in it.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public bool IsCompleted
    {
        get
        {
            Shard.VerifyAccess();
            return _pushRefusal is not null;
        }
    }

    /// <summary>Pushes an item if there is room and nobody waits for room.</summary>
    /// <param name="item">The item.</param>
    /// <returns>False when there is no room, or the queue is completed.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryPush(T item)
    {
        Shard.VerifyRunning();
        if (_pushRefusal is not null)
        {
            return false;
        }

        if (_poppers.First is { } popper)
        {
            _poppers.Remove(popper);
            popper.Complete(item);
            return true;
        }

        if (_items.Count == Capacity)
        {
            return false;
        }

        _items.Enqueue(item);
        _lookers.CompleteAll(true);
        return true;
    }

    /// <summary>Pops the oldest item if there is one.</summary>
    /// <param name="item">The item.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard has stopped.</exception>
    public bool TryPop([MaybeNullWhen(false)] out T item)
    {
        Shard.VerifyRunning();
        if (!_items.TryDequeue(out item))
        {
            return false;
        }

        if (_pushers.First is { } pusher)
        {
            // The room is that of the one who has waited longest.
            _pushers.Remove(pusher);
            _items.Enqueue(pusher.Item);
            pusher.Complete(true);
        }

        return true;
    }

    /// <summary>Says that nothing more will be pushed. What is in the queue is still popped; pushes that wait for room fail. A second call does nothing.</summary>
    /// <param name="error">Why, if it is a failure: what pops end with when the queue is empty. Null for an ordinary end, which is a <see cref="ChannelClosedException"/>.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Complete(Exception? error = null)
    {
        if (!Shard.IsRunning() || _pushRefusal is not null)
        {
            return;
        }

        _hasFailed = error is not null;
        Exception end = error ?? new ChannelClosedException($"The {this} is completed: there will be no more items. {nameof(WaitToPopAsync)} tells the end without an exception.");
        _popRefusal = new Breakage<T>(end);
        _pushRefusal = new Breakage<bool>(error ?? new ChannelClosedException($"The {this} is completed and takes no more items."));
        _pushers.FailAll(_pushRefusal.Reason);
        if (_items.Count == 0)
        {
            TellEnd();
        }
    }

    /// <summary>Ends the queue at once: what is in it is dropped, and everybody who waits, or comes later, gets the exception.</summary>
    /// <param name="reason">Why. It takes the place of a reason that was given before.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!Shard.IsRunning())
        {
            return;
        }

        _items.Clear();
        _pushRefusal = null;
        Complete(reason);
    }

    /// <summary>What messages show.</summary>
    public override string ToString() => $"queue of {Shard} ({_items.Count} of {Capacity} items)";

    /// <summary>Nothing will come any more: those who wait for it are told.</summary>
    private void TellEnd()
    {
        while (_poppers.First is { } popper)
        {
            _poppers.Remove(popper);
            popper.End();
        }

        if (_hasFailed)
        {
            _lookers.FailAll(_popRefusal!.Reason);
        }
        else
        {
            _lookers.CompleteAll(false);
        }
    }
}
