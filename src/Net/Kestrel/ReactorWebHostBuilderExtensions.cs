using Microsoft.Extensions.DependencyInjection;
using Reactor.Net;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Has Kestrel's connections served by the shards.</summary>
public static class ReactorWebHostBuilderExtensions
{
    /// <summary>As <see cref="ReactorTransportServiceCollectionExtensions.AddReactorTransport(IServiceCollection)"/>.</summary>
    /// <param name="builder">The application's web host.</param>
    /// <returns>The builder.</returns>
    public static IWebHostBuilder UseReactor(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(static services => services.AddReactorTransport());
    }

    /// <summary>As <see cref="ReactorTransportServiceCollectionExtensions.AddReactorTransport(IServiceCollection, Action{ReactorTransportOptions})"/>.</summary>
    /// <param name="builder">The application's web host.</param>
    /// <param name="configure">Sets options, after the configuration has. Several add up, in their order.</param>
    /// <returns>The builder.</returns>
    public static IWebHostBuilder UseReactor(this IWebHostBuilder builder, Action<ReactorTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services => services.AddReactorTransport(configure));
    }
}
