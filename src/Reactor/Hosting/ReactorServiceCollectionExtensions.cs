using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Reactor;
using Reactor.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Brings the shards into an application: started before its servers, stopped after them.</summary>
public static class ReactorServiceCollectionExtensions
{
    /// <summary>
    /// Adds the <see cref="ReactorHost"/> as a singleton. The application's host starts it before any hosted service, and
    /// stops it when all have stopped; whoever asks for it earlier has it started then. A start that fails fails that of the
    /// host. Its options are those of the section "Reactor" of the configuration; log, exceptions, stalls and metrics go to
    /// the application's logger and meter factory. May be called again.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddReactor(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ReactorIsRequired>();
        return services.AddReactorIfPossible();
    }

    /// <summary>As <see cref="AddReactor(IServiceCollection)"/>, for what can do without: on other systems than Linux the application starts, unless somebody else needs the shards, and there is no <see cref="ReactorHost"/>.</summary>
    internal static IServiceCollection AddReactorIfPossible(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<ReactorOptions>, ReactorOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReactorOptions>, ReactorOptionsValidator>());
        services.AddOptions<ReactorOptions>().ValidateOnStart();
        if (!services.Any(static service => service.ServiceType == typeof(ReactorHost)))
        {
            services.AddSingleton(static services => ReactorHost.Start(services.GetRequiredService<IOptions<ReactorOptions>>().Value));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ReactorLifetime>());
            services.AddInstances(static (services, _) => new ShardScope(services));
        }

        return services;
    }

    /// <summary>Adds the <see cref="ReactorHost"/> as <see cref="AddReactor(IServiceCollection)"/> does, with options from code.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options, after the configuration has. Several add up, in their order.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddReactor(this IServiceCollection services, Action<ReactorOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddReactor().AddOptions<ReactorOptions>().Configure(configure);
        return services;
    }

    /// <summary>Adds the <see cref="ReactorHost"/> as <see cref="AddReactor(IServiceCollection)"/> does, with options from a section of another name than "Reactor", which is read first.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">Its keys are the names of the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddReactor(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddReactor(options => ReactorOptionsSetup.Bind(section, options));
    }

    /// <summary>
    /// Adds a <see cref="Sharded{T}"/> as a singleton, and <see cref="AddReactor(IServiceCollection)"/>.
    /// Its instances are made, in the order in which such services were added, before any hosted service starts, and disposed when all have
    /// stopped. It may be injected anywhere, and used from the start of the application's host.
    /// </summary>
    /// <typeparam name="T">The type of the instances. Its constructor takes services, scoped ones from a scope of the shard, and is called on the shard: <see cref="Shard.Current"/> says on which.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddSharded<T>(this IServiceCollection services)
        where T : class
    {
        ObjectFactory<T> create = ActivatorUtilities.CreateFactory<T>([]);
        return services.AddSharded((services, _) => create(services, null));
    }

    /// <inheritdoc cref="AddSharded{T}(IServiceCollection)"/>
    /// <typeparam name="T">The type of the instances.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="factory">Makes the instance of the shard that it is given, and runs there. The services are those of the shard's scope.</param>
    public static IServiceCollection AddSharded<T>(this IServiceCollection services, Func<IServiceProvider, Shard, T> factory)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(factory);
        services.AddReactor();
        if (services.Any(static service => service.ServiceType == typeof(Sharded<T>)))
        {
            throw new InvalidOperationException($"Sharded<{typeof(T).Name}> has been added already. Add each type once.");
        }

        services.AddInstances((services, shard) => factory(services.GetRequiredService<Sharded<ShardScope>>().Local.Services, shard));
        return services;
    }

    /// <param name="services">The application's services.</param>
    /// <param name="factory">Is given the application's services.</param>
    private static void AddInstances<T>(this IServiceCollection services, Func<IServiceProvider, Shard, T> factory)
        where T : class
    {
        services.AddSingleton(static services => new Sharded<T>(services.GetRequiredService<ReactorHost>()));
        services.AddSingleton<ShardedService>(new ShardedService<T>(factory));
    }
}
