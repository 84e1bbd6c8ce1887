using Microsoft.Extensions.DependencyInjection;

namespace Reactor.Hosting;

/// <summary>A <see cref="Sharded{T}"/> that starts and ends with the application's host, whatever its type.</summary>
internal abstract class ShardedService
{
    /// <summary>What messages call it.</summary>
    internal abstract string Name { get; }

    /// <summary>Makes the instances; the shards run.</summary>
    internal abstract Task StartAsync(IServiceProvider services);

    /// <summary>Disposes them.</summary>
    internal abstract ValueTask StopAsync(IServiceProvider services);
}

/// <inheritdoc/>
/// <typeparam name="T">The type of the instances.</typeparam>
/// <param name="factory">Makes the instance of a shard, on it, with the services that it is given.</param>
internal sealed class ShardedService<T>(Func<IServiceProvider, Shard, T> factory) : ShardedService
    where T : class
{
    internal override string Name => $"Sharded<{typeof(T).Name}>";

    internal override Task StartAsync(IServiceProvider services) => Instances(services).StartInstancesAsync(shard => new ValueTask<T>(factory(services, shard)));

    internal override ValueTask StopAsync(IServiceProvider services) => Instances(services).DisposeAsync();

    private static Sharded<T> Instances(IServiceProvider services) => services.GetRequiredService<Sharded<T>>();
}
