using System.Threading.Channels;
using Reactor.Shards;

namespace Reactor;

/// <summary>
/// Carries items from shards to ordinary .NET code, which reads them from a <see cref="ChannelReader{T}"/>. At the most
/// <see cref="Capacity"/> items wait to be read; writers beyond that wait too, each on its shard.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>
/// What one shard writes is read in the order in which it was written. The reader's code does not run on a shard because the
/// shard writes. For the other direction an ordinary channel will do: awaited on a shard, it continues there, through the
/// synchronization context.
/// </remarks>
public sealed partial class ShardChannel<T>
{
    // Its own continuations are asynchronous: writing to it, even under a lock, runs nobody's code.
    private readonly Channel<T> _buffer;

    /// <summary>Makes a channel. On any thread; it belongs to no shard.</summary>
    /// <param name="capacity">Items that may wait to be read; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1.</exception>
    public ShardChannel(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _buffer = Channel.CreateBounded<T>(capacity);
        Reader = new AdmittingReader(this, _buffer.Reader);
    }

    /// <summary>Items that may wait to be read.</summary>
    public int Capacity { get; }

    /// <summary>
    /// The other end, for ordinary code and for any number of readers: <c>await foreach (T item in channel.Reader.ReadAllAsync())</c>.
    /// </summary>
    public ChannelReader<T> Reader { get; }

    /// <summary>Writes an item if there is room and nobody waits for it. From any thread; allocates nothing.</summary>
    /// <param name="item">The item.</param>
    /// <returns>False when there is no room, or when the channel is completed.</returns>
    /// <remarks>Hot path.</remarks>
    public bool TryWrite(T item) => Volatile.Read(ref _waiting) == 0 && _buffer.Writer.TryWrite(item);

    /// <summary>
    /// Writes an item: at once while there is room, else when there is again. On any shard of any host; the await continues
    /// on that shard, with a synchronization context or without.
    /// </summary>
    /// <param name="item">The item.</param>
    /// <param name="cancellationToken">Ends the wait. The item is then not delivered.</param>
    /// <returns>To be awaited once. Allocates nothing while there is room.</returns>
    /// <exception cref="ChannelClosedException">The channel is completed; the item is not delivered. The inner exception is the error that it was completed with.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops before there is room; the item is not delivered.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>Hot path. Writes of one shard that do not wait for each other keep their order too.</remarks>
    public ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        Shard shard = Shard.OfCaller("write to a shard channel and wait for room");
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        // With a reader that is quick enough nothing would ever wait, and a loop of writes would keep the shard to itself.
        return !shard.SliceIsOver && TryWrite(item)
            ? default
            : ChannelWrite<T>.Start(shard, this, item, cancellationToken);
    }

    /// <summary>Lets the readers end when they have read what was written. From any thread. Writes that wait for room fail.</summary>
    /// <param name="error">What the readers are to fail with, after the last item.</param>
    /// <exception cref="ChannelClosedException">The channel has been completed before.</exception>
    public void Complete(Exception? error = null)
    {
        if (!TryComplete(error))
        {
            throw new ChannelClosedException("The channel has been completed before. Where several may do so, use TryComplete.");
        }
    }

    /// <summary>As <see cref="Complete"/>, but does nothing when the channel has been completed before.</summary>
    /// <param name="error">What the readers are to fail with, after the last item.</param>
    /// <returns>False when the channel has been completed before.</returns>
    public bool TryComplete(Exception? error = null)
    {
        lock (_lock)
        {
            if (!_buffer.Writer.TryComplete(error))
            {
                return false;
            }

            _isCompleted = true;
            _error = error;
            while (_line.First is { } first)
            {
                Leave(first.Value);
                Refuse(first.Value);
            }

            return true;
        }
    }

    /// <summary>The buffer's reader, which also lets those in line move up.</summary>
    private sealed class AdmittingReader(ShardChannel<T> channel, ChannelReader<T> buffer) : ChannelReader<T>
    {
        public override Task Completion => buffer.Completion;

        public override bool CanCount => true;

        public override int Count => buffer.Count;

        public override bool CanPeek => true;

        public override bool TryPeek(out T item) => buffer.TryPeek(out item!);

        public override bool TryRead(out T item)
        {
            if (!buffer.TryRead(out item!))
            {
                return false;
            }

            if (Volatile.Read(ref channel._waiting) > 0)
            {
                channel.Admit();
            }

            return true;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => buffer.WaitToReadAsync(cancellationToken);
    }
}
