using System.Diagnostics;

namespace Reactor.Shards;

/// <summary>
/// A write that waits for room in a <see cref="ShardChannel{T}"/>. It stands in the channel's line, from which any thread
/// may take it; what has become of it comes to its shard as a piece of work.
/// </summary>
/// <remarks>
/// Who takes it out of the line, under the channel's lock, decides the outcome: a reader admits it, the completion refuses
/// it, its own token or the stop of its shard withdraws it. So an item is delivered if and only if its write succeeds.
/// </remarks>
internal sealed class ChannelWrite<T> : ShardWait<bool>, ICancellable, IEndsAtStop
{
    private readonly News _news;
    private ShardChannel<T> _channel = null!;
    private Exception? _failure;

    private ChannelWrite(Shard shard)
        : base(shard)
    {
        _news = new News(this);
        Place = new LinkedListNode<ChannelWrite<T>>(this);
    }

    internal T Item { get; private set; } = default!;

    /// <summary>The place in the channel's line. Under the channel's lock.</summary>
    internal LinkedListNode<ChannelWrite<T>> Place { get; }

    /// <summary>The channel has decided, and the news is on its way. Set under the channel's lock, taken back on the shard.</summary>
    internal bool IsDecided { get; private set; }

    internal static ValueTask Start(Shard shard, ShardChannel<T> channel, T item, CancellationToken cancellationToken)
    {
        ChannelWrite<T> write = Pool<ChannelWrite<T>>.Rent() ?? new ChannelWrite<T>(shard);
        write._channel = channel;
        write.Item = item;
        write.Begin(Timeout.InfiniteTimeSpan, cancellationToken);
        if (write.IsPending)
        {
            channel.Add(write);
        }

        return write.VoidFuture;
    }

    /// <summary>The item has been delivered, or will not be. Under the channel's lock.</summary>
    internal void Decide(Exception? failure)
    {
        _failure = failure;
        IsDecided = true;
    }

    /// <summary>Sends what has been decided to the shard; if that has stopped, it has ended the wait itself. On any thread.</summary>
    internal void Tell() => Shard.TrySend(_news);

    // These two take the place of the base class's, which knows of no outcome that is on its way.
    void ICancellable.Cancel(CancellationToken token)
    {
        if (IsPending && _channel.TryRemove(this))
        {
            Fail(new OperationCanceledException(token));
        }
    }

    void IEndsAtStop.EndAtStop(Exception reason)
    {
        if (_channel.TryRemove(this))
        {
            Fail(reason);
        }
        else
        {
            Settle();
        }
    }

    protected override void OnTime() => throw new UnreachableException("A write waits without a timeout.");

    /// <summary>The shard stops, and the write has not been in line.</summary>
    protected override void OnAbandoned()
    {
    }

    protected override void OnTaken()
    {
        Item = default!;
        _channel = null!;
        _failure = null;

        // While the news is on its way, after the shard has begun to stop, it must not meet another write.
        if (!IsDecided && Shard.IsOnShard)
        {
            Pool<ChannelWrite<T>>.Return(this);
        }
    }

    private void Settle()
    {
        if (_failure is null)
        {
            Complete(true);
        }
        else
        {
            Fail(_failure);
        }
    }

    private void OnNews()
    {
        IsDecided = false;
        if (IsPending)
        {
            Settle();
        }
    }

    /// <summary>What carries the decision: the write itself stands in the list of its shard's waits meanwhile.</summary>
    private sealed class News(ChannelWrite<T> write) : ShardWork
    {
        internal override void Run() => write.OnNews();
    }
}
