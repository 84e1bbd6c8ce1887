using System.Threading.Tasks.Sources;
using Reactor.Primitives;

namespace Reactor;

/// <content>The queue as a sequence.</content>
public sealed partial class ShardQueue<T>
{
    /// <summary>Takes all items, as they come, until the end. Gives the shard a turn now and then when items are there without a wait.</summary>
    /// <param name="cancellationToken">Ends the loop; no item is lost by it.</param>
    /// <returns>To be used on the shard, in an <c>await foreach</c>. Several loops share the items, first come first served.</returns>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <remarks>
    /// The loop allocates its enumerator and, however long it runs, nothing else. It ends when the queue has been completed
    /// and has no more items; with the error of <see cref="Complete"/> if there was one, with what <see cref="Abort"/> was
    /// given, with <see cref="OperationCanceledException"/> when the token fires, and with
    /// <see cref="ObjectDisposedException"/> when the shard stops.
    /// </remarks>
    public IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        Shard.VerifyAccess();
        return new Items(this, cancellationToken);
    }

    private sealed class Items(ShardQueue<T> queue, CancellationToken ownToken) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            if (!cancellationToken.CanBeCanceled || cancellationToken == ownToken)
            {
                return new Enumerator(queue, linked: null, ownToken);
            }

            if (!ownToken.CanBeCanceled)
            {
                return new Enumerator(queue, linked: null, cancellationToken);
            }

            var linked = CancellationTokenSource.CreateLinkedTokenSource(ownToken, cancellationToken);
            return new Enumerator(queue, linked, linked.Token);
        }
    }

    /// <remarks>
    /// Written by hand, because an async iterator would post, and allocate, at each wait: the core of its awaits minds the
    /// synchronization context. What a wait gives the loop is a popper's future in another guise.
    /// </remarks>
    private sealed class Enumerator(ShardQueue<T> queue, CancellationTokenSource? linked, CancellationToken cancellationToken)
        : IAsyncEnumerator<T>, IValueTaskSource<bool>
    {
        // The last that was waited through; it goes back into its pool when its outcome is taken.
        private Popper? _popper;

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync()
        {
            queue.Shard.VerifyRunning();
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }

            if (queue.TryPop(out T? item))
            {
                Current = item;
                return queue.Shard.SliceIsOver ? queue.Shard.YieldWithResult() : new ValueTask<bool>(true);
            }

            if (queue._popRefusal is not null)
            {
                return queue._hasFailed ? queue._pushRefusal!.Refusal : new ValueTask<bool>(false);
            }

            _popper = Popper.Rent(queue, isLoop: true);
            _popper.Join(ref queue._poppers, Timeout.InfiniteTimeSpan, cancellationToken);
            return new ValueTask<bool>(this, _popper.Version);
        }

        public ValueTask DisposeAsync()
        {
            linked?.Dispose();
            return default;
        }

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => Source.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            Source.OnCompleted(continuation, state, token, flags);

        bool IValueTaskSource<bool>.GetResult(short token)
        {
            bool isAtEnd = _popper!.IsAtEnd;
            Current = Source.GetResult(token);
            return !isAtEnd;
        }

        private IValueTaskSource<T> Source => _popper!;
    }
}
