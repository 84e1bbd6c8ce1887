using System.Diagnostics.CodeAnalysis;

namespace Reactor.Net;

/// <summary>A server's parts on all shards of a host: how they start together, or not at all, and stop together.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
internal sealed class ServerShards<TConnection>
    where TConnection : StreamConnection
{
    private readonly ServerOptions _options;
    private readonly ConnectionLimit? _limit;
    private readonly SchedulingGroup _group;

    // By the id of the shard.
    private readonly ServerShard<TConnection>[] _shards;
    private readonly Lock _stopLock = new();

    // Fires with the first deadline of all that asked to stop.
    private readonly CancellationTokenSource _abort = new();
    private Task? _stopTask;

    /// <param name="host">The shards that serve.</param>
    /// <param name="options">The server's own, and valid.</param>
    /// <param name="handler">Serves one connection, on its shard.</param>
    internal ServerShards(ReactorHost host, ServerOptions options, Func<TConnection, CancellationToken, Task> handler)
    {
        _options = options;
        _limit = options.Limit ?? options.NewLimit();
        _group = options.SchedulingGroup ?? SchedulingGroup.Current;
        ProxyProtocolOptions? proxyProtocol = options.ProxyProtocol?.Copy();
        _shards = [.. host.Shards.Select(shard => new ServerShard<TConnection>(shard, handler, _limit, proxyProtocol, options.HandlerFailed))];
    }

    internal TimeSpan DrainTimeout => _options.DrainTimeout;

    /// <summary>The counters of each shard. Safe on any thread.</summary>
    internal ServerStatistics[] GetStatistics() => Array.ConvertAll(_shards, shard => shard.GetStatistics());

    /// <summary>All listen, then all accept; or nothing is left of the attempt.</summary>
    /// <param name="listeners">On how many shards there is a listener, from the first on.</param>
    /// <param name="listen">Makes the listener of the current shard.</param>
    internal async Task StartAsync(int listeners, Func<Shard, ConnectionListener<TConnection>> listen)
    {
        try
        {
            var incident = new AcceptIncident();
            await OnAllAsync(_shards.Take(listeners), shard => shard.Listen(new ServerAcceptor<TConnection>(listen(shard.Shard), _shards, _options.Distribution, _limit, _group, incident))).ConfigureAwait(false);
            await OnAllAsync(_shards, shard => shard.StartAccepting()).ConfigureAwait(false);
        }
        catch
        {
            await StopShardsAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>From any thread; a second call waits for the first, and its deadline counts too.</summary>
    internal async Task StopAsync(CancellationToken deadline)
    {
        Task stop;
        lock (_stopLock)
        {
            stop = _stopTask ??= StopShardsAsync(_abort.Token);
        }

        using (deadline.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort))
        {
            await stop.ConfigureAwait(false);
        }
    }

    /// <summary>From any thread: accepts no more. When it ends, every connection that was accepted has come to its shard.</summary>
    internal Task StopAcceptingAsync() =>
        _options.HasOneAcceptor ? OnShardAsync(_shards[0], StopGivingAsync) : Task.WhenAll(_shards.Select(shard => OnShardAsync(shard, StopAcceptingAsync)));

    private static Task StopAcceptingAsync(ServerShard<TConnection> shard)
    {
        shard.StopAccepting();
        return Task.CompletedTask;
    }

    private async Task StopGivingAsync(ServerShard<TConnection> first)
    {
        first.StopAccepting();
        foreach (ServerShard<TConnection> other in _shards[1..])
        {
            // What the first has given to others goes the same way as this, and so is there before.
            await other.Shard.InvokeAsync(static () => { });
        }
    }

    private async Task StopShardsAsync(CancellationToken deadline)
    {
        if (_options.HasOneAcceptor)
        {
            // From here on nobody is given a connection, so that each shard knows for how many it has to wait.
            await StopAcceptingAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_shards.Select(shard => OnShardAsync(shard, shard => shard.StopAsync(deadline)))).ConfigureAwait(false);
    }

    private static async Task OnShardAsync(ServerShard<TConnection> shard, Func<ServerShard<TConnection>, Task> stop)
    {
        try
        {
            await shard.Shard.InvokeAsync(stop, shard).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped before its server: it has aborted all connections itself.
        }
    }

    private static Task OnAllAsync(IEnumerable<ServerShard<TConnection>> shards, Action<ServerShard<TConnection>> action) =>
        Task.WhenAll(shards.Select(shard => shard.Shard.InvokeAsync(action, shard).AsTask()));
}
