using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Reactor.Hosting;

namespace Reactor.Net.Hosting;

/// <summary>What a server needs of the application to start.</summary>
internal sealed class ServerContext(ReactorHost host, Sharded<ShardScope> scopes, SchedulingGroups groups, IServiceProvider services)
{
    internal ReactorHost Host => host;

    internal Sharded<ShardScope> Scopes => scopes;

    internal SchedulingGroups Groups => groups;

    internal ILogger Logger { get; } = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(NetLog.Category);

    /// <summary>Whether exceptions that nobody awaits go to the application's log, and not where the application itself has said.</summary>
    internal bool LogsFailures => ReactorOptionsSetup.LogsUnhandled(host.Options);

    /// <exception cref="OptionsValidationException">An option cannot be met.</exception>
    internal T OptionsOf<T>(string server)
        where T : class => services.GetRequiredService<IOptionsMonitor<T>>().Get(server);
}
