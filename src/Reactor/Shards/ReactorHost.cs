using Reactor.Kernel;

namespace Reactor;

/// <summary>The shards of a process, or of a part of it: starts their threads and stops them.</summary>
public sealed class ReactorHost : IAsyncDisposable
{
    private readonly Shard[] _shards;
    private readonly Lock _stopLock = new();
    private Task? _stopTask;

    private ReactorHost(ReactorOptions options, IReadOnlyList<int> cpus)
    {
        Options = options;
        _shards = [.. Enumerable.Range(0, options.Shards).Select(id => new Shard(this, id, cpus[id]))];
    }

    /// <summary>The shards, by their <see cref="Shard.Id"/>.</summary>
    public IReadOnlyList<Shard> Shards => _shards;

    /// <summary>The options as they were at the start; later changes of the caller's are not seen.</summary>
    internal ReactorOptions Options { get; }

    /// <summary>Starts one pinned thread for each shard and returns when all their loops run.</summary>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">The system lacks what a shard needs; the message says what to change. What had been started is stopped again.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static ReactorHost Start(ReactorOptions? options = null)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Reactor needs Linux: its shards poll through Linux AIO.");
        }

        ReactorOptions own = (options ?? new ReactorOptions()).Copy();
        var host = new ReactorHost(own, own.ChooseCpus(ThreadAffinity.Get()));
        try
        {
            // Each shard sets itself up on its own thread, none of which is this one, so that blocking here is safe.
            Task.WhenAll(host._shards.Select(shard => shard.StartAsync())).GetAwaiter().GetResult();
        }
        catch
        {
            host.StopAsync().GetAwaiter().GetResult();
            throw;
        }

        return host;
    }

    /// <summary>
    /// Stops the shards. Connections and listeners that they still hold are aborted: stop servers first. Work that was
    /// queued still runs; threads, file descriptors and AIO contexts are gone when the task ends. May be called again,
    /// and from any thread.
    /// </summary>
    /// <returns>A task that ends when all threads have.</returns>
    public Task StopAsync()
    {
        lock (_stopLock)
        {
            return _stopTask ??= Task.WhenAll(_shards.Select(shard => shard.StopAsync()));
        }
    }

    /// <summary>The same as <see cref="StopAsync"/>.</summary>
    /// <returns>A task that ends when all threads have.</returns>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
