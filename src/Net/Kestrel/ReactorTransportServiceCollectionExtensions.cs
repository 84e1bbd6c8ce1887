using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Reactor.Net;
using Reactor.Net.Kestrel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Has Kestrel's connections served by the shards.</summary>
public static class ReactorTransportServiceCollectionExtensions
{
    /// <summary>
    /// Adds the reactor transport, and <see cref="ReactorServiceCollectionExtensions.AddReactor(IServiceCollection)"/>. From then
    /// on Kestrel's TCP and Unix domain sockets are those of the shards; QUIC and named pipes stay with their own transports.
    /// Where there are no shards, as on other systems than Linux, that is logged, and Kestrel's own sockets serve. Options are
    /// those of the section <c>Reactor:Kestrel</c> of the configuration. May be called again.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddReactorTransport(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddReactorIfPossible();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<ReactorTransportOptions>, ReactorTransportOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReactorTransportOptions>, ReactorTransportOptionsValidator>());
        services.AddOptions<ReactorTransportOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, ReactorTransportFactory>());
        return services;
    }

    /// <summary>Adds the reactor transport as <see cref="AddReactorTransport(IServiceCollection)"/> does, with options from code.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options, after the configuration has. Several add up, in their order.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddReactorTransport(this IServiceCollection services, Action<ReactorTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddReactorTransport().AddOptions<ReactorTransportOptions>().Configure(configure);
        return services;
    }
}
