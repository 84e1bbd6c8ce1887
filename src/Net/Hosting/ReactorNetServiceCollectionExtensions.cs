using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Reactor.Net;
using Reactor.Net.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Brings TCP and UDP servers into an application, on the shards of its <see cref="Reactor.ReactorHost"/>.</summary>
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

    /// <summary>
    /// Adds a UDP server, named after the type of its handler. See
    /// <see cref="AddUdpServer{THandler}(IServiceCollection, string, string?, Action{HostedUdpServerOptions}?)"/>.
    /// </summary>
    /// <typeparam name="THandler">Serves the sockets.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="endPoint">Where to be bound, such as <c>0.0.0.0:7000</c>, unless the options say where.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddUdpServer<THandler>(this IServiceCollection services, string endPoint)
        where THandler : class, IUdpSocketHandler
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return services.AddUdpServer<THandler>(typeof(THandler).Name, endPoint);
    }

    /// <summary>
    /// Adds a UDP server, with a socket on each shard, and with it <see cref="ReactorServiceCollectionExtensions.AddReactor(IServiceCollection)"/>.
    /// It starts and stops as <see cref="AddTcpServer{THandler}(IServiceCollection, string, string?, Action{HostedTcpServerOptions}?)"/>
    /// has it: handlers may end until the host's deadline or their <see cref="UdpServerOptions.DrainTimeout"/>, whichever is
    /// first, and their sockets are closed then. <see cref="UdpServerCollection"/> has its addresses.
    /// </summary>
    /// <typeparam name="THandler">Serves the sockets. It is added to the services as a scoped one, unless it is there already; each socket has one.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: of the section <c>Reactor:Servers:NAME</c> of the configuration, of the options, and in <see cref="UdpServerCollection"/>.</param>
    /// <param name="endPoint">Where to be bound if neither configuration nor code say where in <see cref="HostedUdpServerOptions.EndPoints"/>. Null if they do.</param>
    /// <param name="configure">Sets options, after the configuration has.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">There is a server of that name.</exception>
    public static IServiceCollection AddUdpServer<THandler>(this IServiceCollection services, string name, string? endPoint, Action<HostedUdpServerOptions>? configure = null)
        where THandler : class, IUdpSocketHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddScoped<THandler>();
        return services.AddUdpServer(name, endPoint, configure, static context => new UdpHandlers<THandler>(context.Scopes).HandleAsync);
    }

    /// <summary>
    /// Adds a UDP server whose sockets are served by a delegate, without a scope of services. Otherwise as
    /// <see cref="AddUdpServer{THandler}(IServiceCollection, string, string?, Action{HostedUdpServerOptions}?)"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name: of the section <c>Reactor:Servers:NAME</c> of the configuration, of the options, and in <see cref="UdpServerCollection"/>.</param>
    /// <param name="endPoint">Where to be bound if neither configuration nor code say where in <see cref="HostedUdpServerOptions.EndPoints"/>. Null if they do.</param>
    /// <param name="handler">Serves the socket of one shard, there. The token fires, there, when the server begins to stop.</param>
    /// <param name="configure">Sets options, after the configuration has.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">There is a server of that name.</exception>
    public static IServiceCollection AddUdpServer(this IServiceCollection services, string name, string? endPoint, Func<UdpSocket, CancellationToken, Task> handler, Action<HostedUdpServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(handler);
        return services.AddUdpServer(name, endPoint, configure, _ => handler);
    }

    private static IServiceCollection AddUdpServer(
        this IServiceCollection services,
        string name,
        string? endPoint,
        Action<HostedUdpServerOptions>? configure,
        Func<ServerContext, Func<UdpSocket, CancellationToken, Task>> openHandler)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        services.AddServers().AddName(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HostedUdpServerOptions>, HostedUdpServerOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HostedUdpServerOptions>, HostedUdpServerOptionsValidator>());
        services.AddOptions<HostedUdpServerOptions>(name).ValidateOnStart().Configure(
            configure,
            static options => options.EndPoints,
            endPoint);
        return services.AddSingleton(_ => new HostedUdpServer(name, openHandler));
    }

    private static void Configure<TOptions>(this OptionsBuilder<TOptions> options, Action<TOptions>? configure, Func<TOptions, IList<string>> endPoints, string? endPoint)
        where TOptions : class
    {
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (endPoint is not null)
        {
            options.PostConfigure(options =>
            {
                if (endPoints(options).Count == 0)
                {
                    endPoints(options).Add(endPoint);
                }
            });
        }
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
        services.AddOptions<HostedTcpServerOptions>(name).ValidateOnStart().Configure(configure, static options => options.EndPoints, endPoint);
        return services.AddSingleton(_ => new HostedTcpServer(name, openHandlers));
    }

    /// <summary>What servers of all kinds have in common.</summary>
    private static IServiceCollection AddServers(this IServiceCollection services)
    {
        services.AddReactor();
        services.TryAddSingleton<SchedulingGroups>();
        services.TryAddSingleton<ServerContext>();
        services.TryAddSingleton(static services => new TcpServerCollection(services.GetServices<HostedTcpServer>()));
        services.TryAddSingleton(static services => new UdpServerCollection(services.GetServices<HostedUdpServer>()));
        services.TryAddSingleton<HostedServers>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServersLifetime>());
        return services;
    }

    /// <summary>Names are those of sections in the configuration, where case does not matter.</summary>
    private static void AddName(this IServiceCollection services, string name)
    {
        if (services.Any(service => service.ImplementationInstance is ServerName other && other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidOperationException($"There is a server '{name}' already. Give each a name of its own, as in AddTcpServer<THandler>(name, endPoint).");
        }

        services.AddSingleton(new ServerName(name));
    }

    private sealed record ServerName(string Name);
}
