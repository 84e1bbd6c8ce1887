using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Reactor.Hosting;
using Reactor.Shards;

namespace Reactor.Net.Hosting;

/// <summary>Has the connections of a server handled by objects that the application's services make.</summary>
/// <typeparam name="THandler">The type of the handlers.</typeparam>
/// <param name="server">The name of the server, for the log.</param>
/// <param name="scopes">The scope of each shard.</param>
/// <param name="logger">Is told what else goes wrong where a handler has failed already.</param>
internal sealed class TcpHandlers<THandler>(string server, Sharded<ShardScope> scopes, ILogger logger)
    where THandler : class, ITcpConnectionHandler
{
    // By the id of the shard, where each has one handler.
    private readonly Dictionary<int, THandler> _ofShards = [];

    /// <summary>A handler for each shard, made there, with services from the scope of the shard.</summary>
    internal async Task<Func<TcpConnection, CancellationToken, Task>> PerShardAsync(ReactorHost host)
    {
        foreach (Shard shard in host.Shards)
        {
            _ofShards[shard.Id] = await shard.InvokeAsync(() => scopes.Local.Services.GetRequiredService<THandler>()).ConfigureAwait(false);
        }

        return (connection, stopping) => _ofShards[connection.Shard.Id].HandleAsync(connection, stopping);
    }

    /// <summary>A handler for the connection, with services from a scope of its own.</summary>
    internal async Task HandleInScopeAsync(TcpConnection connection, CancellationToken stopping)
    {
        SchedulingGroup group = SchedulingGroup.Current;
        AsyncServiceScope scope = scopes.Local.Services.CreateAsyncScope();
        try
        {
            await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(connection, stopping);
        }
        catch
        {
            // What the handler threw is what counts, and is told by others.
            await new ReturnToShard(connection.Shard, group);
            await TryDisposeAsync(scope, connection);
            throw;
        }

        // Its last await may have left the shard, with no synchronization context to come home by.
        await new ReturnToShard(connection.Shard, group);
        await scope.DisposeAsync();
    }

    private async Task TryDisposeAsync(AsyncServiceScope scope, TcpConnection connection)
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            NetLog.DisposalFailed(logger, server, connection.RemoteEndPoint, exception);
        }
    }
}
