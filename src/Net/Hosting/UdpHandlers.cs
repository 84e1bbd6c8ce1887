using Microsoft.Extensions.DependencyInjection;
using Reactor.Hosting;
using Reactor.Shards;

namespace Reactor.Net.Hosting;

/// <summary>Has the sockets of a server served by objects that the application's services make, each with a scope of its own.</summary>
/// <typeparam name="THandler">The type of the handlers.</typeparam>
/// <param name="scopes">The scope of each shard.</param>
internal sealed class UdpHandlers<THandler>(Sharded<ShardScope> scopes)
    where THandler : class, IUdpSocketHandler
{
    internal async Task HandleAsync(UdpSocket socket, CancellationToken stopping)
    {
        SchedulingGroup group = SchedulingGroup.Current;
        AsyncServiceScope scope = scopes.Local.Services.CreateAsyncScope();
        try
        {
            await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(socket, stopping);
        }
        finally
        {
            // Its last await may have left the shard, with no synchronization context to come home by.
            await new ReturnToShard(socket.Shard, group);
            await scope.DisposeAsync();
        }
    }
}
