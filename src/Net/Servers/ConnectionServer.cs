using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Reactor.Net;

/// <summary>
/// Accepts connections on the shards of a host and runs a handler for each, on the shard that the connection belongs to;
/// <see cref="ServerOptions.Distribution"/> says which that is.
/// </summary>
/// <remarks>
/// When a handler returns, its connection is closed in good order; when it throws, the connection is aborted, which for TCP
/// is a reset. The server and the other connections go on.
/// </remarks>
/// <typeparam name="TConnection">What comes in: a <see cref="TcpConnection"/> or a <see cref="UnixConnection"/>.</typeparam>
public abstract class ConnectionServer<TConnection> : IAsyncDisposable
    where TConnection : StreamConnection
{
    private readonly ServerShards<TConnection> _shards;

    private protected ConnectionServer(ServerShards<TConnection> shards) => _shards = shards;

    /// <summary>The address that the server listens on; where the kernel was to choose, what it chose.</summary>
    public abstract EndPoint EndPoint { get; }

    /// <summary>Reads the counters, summed over all shards, and how evenly they are spread. Safe on any thread.</summary>
    public ServerStatistics GetStatistics() => ServerStatistics.Sum(_shards.GetStatistics());

    /// <summary>Reads the counters of each shard, by <see cref="Shard.Id"/>. Safe on any thread.</summary>
    public IReadOnlyList<ServerStatistics> GetShardStatistics() => _shards.GetStatistics();

    /// <summary>
    /// Stops accepting, tells the handlers by their token, and waits until the connections have ended. From any thread; a
    /// second call waits for the first, and its deadline counts too.
    /// </summary>
    /// <param name="deadline">When it fires, the connections that are left are aborted.</param>
    /// <returns>A task that ends when every connection is closed and its handler has returned; a handler that goes on after its connection was aborted is waited for 5 seconds.</returns>
    public Task StopAsync(CancellationToken deadline = default) => _shards.StopAsync(deadline);

    /// <summary>Accepts no more, and leaves the connections as they are. From any thread; when it ends, every connection that was accepted has a handler.</summary>
    internal Task StopAcceptingAsync() => _shards.StopAcceptingAsync();

    /// <summary>Stops with <see cref="ServerOptions.DrainTimeout"/> as the deadline.</summary>
    /// <returns>As <see cref="StopAsync(CancellationToken)"/>.</returns>
    [SuppressMessage("Usage", "CA1816", Justification = "Only this assembly can derive from it, and nothing here has a finalizer.")]
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(_shards.DrainTimeout);
        await StopAsync(deadline.Token).ConfigureAwait(false);
    }
}
