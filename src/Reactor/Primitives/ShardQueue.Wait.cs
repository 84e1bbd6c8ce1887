using System.Threading.Channels;
using Reactor.Primitives;
using Reactor.Shards;

namespace Reactor;

/// <content>Those who wait: for room, for an item, for news.</content>
public sealed partial class ShardQueue<T>
{
    // Pushers wait only while the queue is full, poppers and lookers only while it is empty.
    private WaitLine<Pusher, bool> _pushers;
    private WaitLine<Popper, T> _poppers;
    private WaitLine<Looker, bool> _lookers;

    /// <summary>Pushes an item; waits for room, behind those who wait already.</summary>
    /// <param name="item">The item.</param>
    /// <param name="cancellationToken">Ends the wait; the item is not pushed then.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired before there was room.</exception>
    /// <exception cref="ChannelClosedException">The queue is completed; the item has not been pushed.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a queue that was aborted, or completed with an error, it throws that.</remarks>
    public ValueTask PushAsync(T item, CancellationToken cancellationToken = default) =>
        PushAsync(item, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="PushAsync(T, CancellationToken)"/>
    /// <param name="item">The item.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait; the item is not pushed then.</param>
    /// <exception cref="TimeoutException">There was no room in that time; the item has not been pushed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask PushAsync(T item, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_pushRefusal is not null)
        {
            return _pushRefusal.VoidRefusal;
        }

        if (TryPush(item))
        {
            return default;
        }

        Pusher pusher = Pusher.Rent(this, item);
        pusher.Join(ref _pushers, timeout, cancellationToken);
        return pusher.VoidFuture;
    }

    /// <summary>Pops the oldest item; waits for one, behind those who wait already.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The item. To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired before there was an item.</exception>
    /// <exception cref="ChannelClosedException">The queue is completed and empty.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a queue that was aborted, or completed with an error, it throws that.</remarks>
    public ValueTask<T> PopAsync(CancellationToken cancellationToken = default) =>
        PopAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="PopAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">There was no item in that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask<T> PopAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        if (TryPop(out T? item))
        {
            return new ValueTask<T>(item);
        }

        if (_popRefusal is not null)
        {
            return _popRefusal.Refusal;
        }

        Popper popper = Popper.Rent(this, isLoop: false);
        popper.Join(ref _poppers, timeout, cancellationToken);
        return popper.Future;
    }

    /// <summary>Waits until there is an item, for loops: <c>while (await queue.WaitToPopAsync()) while (queue.TryPop(out var item)) …</c>.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>True when there was an item, which another may have popped by now; false when the queue is completed and empty. To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops or has stopped.</exception>
    /// <remarks>On a queue that was aborted, or completed with an error, it throws that.</remarks>
    public ValueTask<bool> WaitToPopAsync(CancellationToken cancellationToken = default) =>
        WaitToPopAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="WaitToPopAsync(CancellationToken)"/>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">There was no item in that time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public ValueTask<bool> WaitToPopAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Shard.VerifyRunning();
        PrimitiveAccess.VerifyTimeout(timeout);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        if (_items.Count > 0)
        {
            return new ValueTask<bool>(true);
        }

        if (_popRefusal is not null)
        {
            return _hasFailed ? _pushRefusal!.Refusal : new ValueTask<bool>(false);
        }

        Looker looker = Looker.Rent(this);
        looker.Join(ref _lookers, timeout, cancellationToken);
        return looker.Future;
    }

    /// <summary>Somebody who waits for room, with the item.</summary>
    private sealed class Pusher(Shard shard) : Waiter<Pusher, bool>(shard)
    {
        private ShardQueue<T> _queue = null!;

        internal T Item { get; private set; } = default!;

        internal static Pusher Rent(ShardQueue<T> queue, T item)
        {
            Pusher pusher = Pool<Pusher>.Rent() ?? new Pusher(queue.Shard);
            pusher._queue = queue;
            pusher.Item = item;
            return pusher;
        }

        protected override string DescribeTimeout() => $"There was no room in the {_queue}";

        protected override void Leave() => _queue._pushers.Remove(this);

        protected override void Recycle()
        {
            _queue = null!;
            Item = default!;
            Pool<Pusher>.Return(this);
        }
    }

    /// <summary>Somebody who waits for an item, or a loop that waits for its next.</summary>
    private sealed class Popper(Shard shard) : Waiter<Popper, T>(shard)
    {
        private ShardQueue<T> _queue = null!;
        private bool _isLoop;

        /// <summary>Completed without an item, because there are no more. Of loops alone: for others that is an exception.</summary>
        internal bool IsAtEnd { get; private set; }

        internal static Popper Rent(ShardQueue<T> queue, bool isLoop)
        {
            Popper popper = Pool<Popper>.Rent() ?? new Popper(queue.Shard);
            popper._queue = queue;
            popper._isLoop = isLoop;
            popper.IsAtEnd = false;
            return popper;
        }

        /// <summary>There will be no item.</summary>
        internal void End()
        {
            if (_isLoop && !_queue._hasFailed)
            {
                IsAtEnd = true;
                Complete(default!);
            }
            else
            {
                Fail(_queue._popRefusal!.Reason);
            }
        }

        protected override string DescribeTimeout() => $"There was no item in the {_queue}";

        protected override void Leave() => _queue._poppers.Remove(this);

        protected override void Recycle()
        {
            _queue = null!;
            Pool<Popper>.Return(this);
        }
    }

    /// <summary>Somebody who waits for an item to be there, without taking it.</summary>
    private sealed class Looker(Shard shard) : Waiter<Looker, bool>(shard)
    {
        private ShardQueue<T> _queue = null!;

        internal static Looker Rent(ShardQueue<T> queue)
        {
            Looker looker = Pool<Looker>.Rent() ?? new Looker(queue.Shard);
            looker._queue = queue;
            return looker;
        }

        protected override string DescribeTimeout() => $"There was no item in the {_queue}";

        protected override void Leave() => _queue._lookers.Remove(this);

        protected override void Recycle()
        {
            _queue = null!;
            Pool<Looker>.Return(this);
        }
    }
}
