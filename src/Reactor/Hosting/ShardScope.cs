using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Hosting;

/// <summary>
/// A shard's own scope of the application's services, from the start of the shards to their end. What is made for one shard
/// takes its scoped services from here, and what is made for one connection has a scope made from this one.
/// </summary>
internal sealed class ShardScope(IServiceProvider services) : IAsyncDisposable
{
    private readonly AsyncServiceScope _scope = services.CreateAsyncScope();

    internal IServiceProvider Services => _scope.ServiceProvider;

    public ValueTask DisposeAsync() => _scope.DisposeAsync();
}
