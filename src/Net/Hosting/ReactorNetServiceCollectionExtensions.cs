using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Reactor.Net;
using Reactor.Net.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Brings TCP servers into an application, on the shards of its <see cref="Reactor.ReactorHost"/>.</summary>
public static class ReactorNetServiceCollectionExtensions
{
    /// <summary>
    /// Adds a TCP server, named after the type of its handler, which listens on an address. See
    /// <see cref="AddTcpServer{THandler}(IServiceCollection, string, string?, Action{HostedTcpServerOptions}?)"/>.
    /// </summary>
    /// <typeparam name="THandler">Serves the connections.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="endPoint">Where to listen, such as <c>0.0.0.0:7000</c>, unless the options say where.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTcpServer<THandler>(this IServiceCollection services, string endPoint)
        where THandler : class, ITcpConnectionHandler
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return services.AddTcpServer<THandler>(typeof(THandler).Name, endPoint);
    }

    /// <summary>
    /// Adds a TCP server, and with it <see cref="ReactorServiceCollectionExtensions.AddReactor(IServiceCollection)"/>. It
    /// starts with the application's hosted services, when the shards run; a start that fails fails that of the host. It
    /// stops with them: connections may end until the host's deadline or their <see cref="ServerOptions.DrainTimeout"/>,
    /// whichever is first, and are aborted then. <see cref="TcpServerCollection"/> has its addresses.
    /// </summary>
    /// <typeparam name="THandler">
    /// Serves the connections. It is added to the services as a scoped one, unless it is there already, and so has a scope for
    /// each connection or for each shard: see <see cref="TcpHandlerLifetime"/>.
    /// </typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: of the section <c>Reactor:Servers:NAME</c> of the configuration, of the options, and in <see cref="TcpServerCollection"/>.</param>
    /// <param name="endPoint">Where to listen if neither configuration nor code say where in <see cref="HostedTcpServerOptions.EndPoints"/>. Null if they do.</param>
    /// <param name="configure">Sets options, after the configuration has.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">There is a server of that name.</exception>
    public static IServiceCollection AddTcpServer<THandler>(this IServiceCollection services, string name, string? endPoint, Action<HostedTcpServerOptions>? configure = null)
        where THandler : class, ITcpConnectionHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddScoped<THandler>();
        return services.AddTcpServer(name, endPoint, configure, (context, options) =>
        {
            var handlers = new TcpHandlers<THandler>(name, context.Scopes, context.Logger);
            return options.HandlerLifetime == TcpHandlerLifetime.Shard
                ? handlers.PerShardAsync(context.Host)
                : Task.FromResult<Func<TcpConnection, CancellationToken, Task>>(handlers.HandleInScopeAsync);
        });
    }

    /// <summary>
    /// Adds a TCP server whose connections are served by a delegate, without a scope of services. Otherwise as
    /// <see cref="AddTcpServer{THandler}(IServiceCollection, string, string?, Action{HostedTcpServerOptions}?)"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: of the section <c>Reactor:Servers:NAME</c> of the configuration, of the options, and in <see cref="TcpServerCollection"/>.</param>
    /// <param name="endPoint">Where to listen if neither configuration nor code say where in <see cref="HostedTcpServerOptions.EndPoints"/>. Null if they do.</param>
    /// <param name="handler">Serves one connection, on its shard. The token fires, there, when the server begins to stop.</param>
    /// <param name="configure">Sets options, after the configuration has.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">There is a server of that name.</exception>
    public static IServiceCollection AddTcpServer(this IServiceCollection services, string name, string? endPoint, Func<TcpConnection, CancellationToken, Task> handler, Action<HostedTcpServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(handler);
        return services.AddTcpServer(name, endPoint, configure, (_, _) => Task.FromResult(handler));
    }

    private static IServiceCollection AddTcpServer(
        this IServiceCollection services,
        string name,
        string? endPoint,
        Action<HostedTcpServerOptions>? configure,
        Func<ServerContext, HostedTcpServerOptions, Task<Func<TcpConnection, CancellationToken, Task>>> openHandlers)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        services.AddServers().AddName(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HostedTcpServerOptions>, HostedTcpServerOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HostedTcpServerOptions>, HostedTcpServerOptionsValidator>());
        OptionsBuilder<HostedTcpServerOptions> options = services.AddOptions<HostedTcpServerOptions>(name).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (endPoint is not null)
        {
            options.PostConfigure(options =>
            {
                if (options.EndPoints.Count == 0)
                {
                    options.EndPoints.Add(endPoint);
                }
            });
        }

        return services.AddSingleton(_ => new HostedTcpServer(name, openHandlers));
    }

    /// <summary>What servers of all kinds have in common.</summary>
    private static IServiceCollection AddServers(this IServiceCollection services)
    {
        services.AddReactor();
        services.TryAddSingleton<SchedulingGroups>();
        services.TryAddSingleton<ServerContext>();
        services.TryAddSingleton(static services => new TcpServerCollection(services.GetServices<HostedTcpServer>()));
        services.TryAddSingleton<HostedServers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServersLifetime>());
        return services;
    }

    /// <summary>Names are those of sections in the configuration, where case does not matter.</summary>
    private static void AddName(this IServiceCollection services, string name)
    {
        if (services.Any(service => service.ImplementationInstance is ServerName other && other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidOperationException($"There is a server '{name}' already. Give each a name of its own: AddTcpServer<THandler>(name, endPoint).");
        }

        services.AddSingleton(new ServerName(name));
    }

    private sealed record ServerName(string Name);
}
