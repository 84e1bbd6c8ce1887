using Reactor.Shards;

namespace Reactor;

/// <summary>
/// The owner of an object that lives on one shard, for whoever holds it elsewhere: the handle may be carried anywhere, the
/// object is used and disposed at home. Made on the object's shard.
/// </summary>
/// <typeparam name="T">The type of the object. Where it is <see cref="IAsyncDisposable"/> or else <see cref="IDisposable"/>, disposing the handle disposes it.</typeparam>
/// <remarks>
/// A handle that is dropped without having been disposed leaves the object to the garbage collector, which does not dispose
/// it: nothing reminds its shard of it, and a stopping shard disposes only what it holds itself, such as connections.
/// </remarks>
public sealed partial class ShardOwned<T> : IAsyncDisposable
    where T : class
{
    private T? _value;
    private TaskCompletionSource? _disposal;

    /// <summary>Takes an object of the current shard into ownership.</summary>
    /// <param name="value">What the handle disposes. Nobody else should.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public ShardOwned(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Shard = Shard.OfCaller("own an object there");
        _value = value;
    }

    /// <summary>The shard that the object belongs to. Safe to read on any thread.</summary>
    public Shard Shard { get; }

    /// <summary>The object. On its shard only.</summary>
    /// <exception cref="InvalidOperationException">Not on the object's shard.</exception>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public T Value
    {
        get
        {
            Shard.VerifyAccess();
            return _value ?? throw new ObjectDisposedException(ToString(), $"{this} has been disposed.");
        }
    }

    /// <summary>
    /// Disposes the object on its shard, and waits for it. From any thread. When the shard has stopped, the object is
    /// disposed on the thread pool, because it has no shard any more.
    /// </summary>
    /// <returns>Fails with what the object's disposal throws. A second call waits for the first and ends like it.</returns>
    /// <exception cref="ObjectDisposedException">The shard has stopped while the disposal ran.</exception>
    public ValueTask DisposeAsync()
    {
        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource disposal = Interlocked.CompareExchange(ref _disposal, own, null) ?? own;
        if (disposal == own)
        {
            _ = DisposeAtHomeAsync(own);
        }

        return new ValueTask(HomeTask.From(disposal.Task));
    }

    /// <summary>What messages call the handle.</summary>
    public override string ToString() => $"ShardOwned<{typeof(T).Name}> of {Shard}";

    private async Task DisposeAtHomeAsync(TaskCompletionSource disposal)
    {
        Task end = HomeDisposal.DisposeAsync(Shard, static owner => Interlocked.Exchange(ref owner._value, null), this);
        await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposal.SetFromTask(end);
    }
}
