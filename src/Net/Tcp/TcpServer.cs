using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Reactor.Net;

/// <summary>
/// Accepts TCP connections on the shards of a host and runs a handler for each, on the shard that the connection belongs
/// to; <see cref="TcpServerOptions.Distribution"/> says which that is.
/// </summary>
/// <remarks>
/// When a handler returns, its connection is closed in good order; when it throws, the connection is reset. The server and
/// the other connections go on.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
public sealed partial class TcpServer : IAsyncDisposable
{
    private readonly TcpServerOptions _options;

    // By the id of the shard.
    private readonly ServerShard[] _shards;
    private readonly Lock _stopLock = new();

    // Fires with the first deadline of all that asked to stop.
    private readonly CancellationTokenSource _abort = new();
    private Task? _stopTask;

    private TcpServer(IPEndPoint endPoint, TcpServerOptions options, ServerShard[] shards)
    {
        EndPoint = endPoint;
        _options = options;
        _shards = shards;
    }

    /// <summary>The address that the server listens on, with the port that the kernel chose if port 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Reads the counters, summed over all shards, and how evenly they are spread. Safe on any thread.</summary>
    public TcpServerStatistics GetStatistics() => TcpServerStatistics.Sum(GetShardStatistics());

    /// <summary>Reads the counters of each shard, by <see cref="Shard.Id"/>. Safe on any thread.</summary>
    public IReadOnlyList<TcpServerStatistics> GetShardStatistics() => Array.ConvertAll(_shards, shard => shard.GetStatistics());

    /// <summary>
    /// Stops accepting, tells the handlers by their token, and waits until the connections have ended. From any thread; a
    /// second call waits for the first, and its deadline counts too.
    /// </summary>
    /// <param name="deadline">When it fires, the connections that are left are aborted.</param>
    /// <returns>A task that ends when every connection is closed and its handler has returned; a handler that goes on after its connection was aborted is waited for 5 seconds.</returns>
    public async Task StopAsync(CancellationToken deadline = default)
    {
        Task stop;
        lock (_stopLock)
        {
            stop = _stopTask ??= StopAsync(_shards, _options, _abort.Token);
        }

        using (deadline.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort))
        {
            await stop.ConfigureAwait(false);
        }
    }

    /// <summary>Stops with <see cref="TcpServerOptions.DrainTimeout"/> as the deadline.</summary>
    /// <returns>As <see cref="StopAsync(CancellationToken)"/>.</returns>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(_options.DrainTimeout);
        await StopAsync(deadline.Token).ConfigureAwait(false);
    }

    private static async Task StopAsync(ServerShard[] shards, TcpServerOptions options, CancellationToken deadline)
    {
        if (options.HasOneAcceptor)
        {
            // From here on nobody is given a connection, so that each shard knows for how many it has to wait.
            await StopAsync(shards[0], static shard =>
            {
                shard.StopAccepting();
                return Task.CompletedTask;
            }).ConfigureAwait(false);
        }

        await Task.WhenAll(shards.Select(shard => StopAsync(shard, shard => shard.StopAsync(deadline)))).ConfigureAwait(false);
    }

    private static async Task StopAsync(ServerShard shard, Func<ServerShard, Task> stop)
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
}
