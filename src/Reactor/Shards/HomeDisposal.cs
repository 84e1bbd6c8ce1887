namespace Reactor.Shards;

/// <summary>Disposes an object on its own shard, from anywhere, and also when that shard has stopped.</summary>
internal static class HomeDisposal
{
    /// <param name="home">The object's shard.</param>
    /// <param name="take">
    /// Takes the object from where it is held: null if it has been taken before. Atomic, because it decides who disposes
    /// the object when a call is refused.
    /// </param>
    /// <param name="holder">What <paramref name="take"/> is given.</param>
    /// <returns>A task that ends with the disposal, not necessarily on the calling shard.</returns>
    internal static async Task DisposeAsync<THolder>(Shard home, Func<THolder, object?> take, THolder holder)
    {
        try
        {
            await home.InvokeAsync(static call => DisposeAsync(call.take(call.holder)), (take, holder)).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            if (take(holder) is not { } left)
            {
                // Its disposal has begun, and it is that which failed or was given up.
                throw;
            }

            // The shard took no more work, and there is no other thread that the object belongs to. Its last work may
            // still be running.
            await home.WhenStopped.ConfigureAwait(false);
            await Task.Run(() => DisposeAsync(left).AsTask()).ConfigureAwait(false);
        }
    }

    /// <summary>Disposes the object if there is one, and if it can be.</summary>
    internal static ValueTask DisposeAsync(object? instance)
    {
        switch (instance)
        {
            case IAsyncDisposable disposable:
                return disposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                return default;
            default:
                return default;
        }
    }
}
