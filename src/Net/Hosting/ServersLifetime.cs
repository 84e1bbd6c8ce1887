using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Reactor.Net.Hosting;

/// <summary>Ties the servers to the application's host, which has the shards running before them and after them.</summary>
/// <param name="services">They are asked for the servers, and so for the shards, at the start and not before.</param>
internal sealed class ServersLifetime(IServiceProvider services) : IHostedService
{
    private HostedServers? _servers;
    private Task _start = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _servers = services.GetRequiredService<HostedServers>();
        return _start = _servers.StartAsync(cancellationToken);
    }

    /// <param name="cancellationToken">The host's deadline.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // A start that goes on while the host stops is told by its own token.
        await _start.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_servers is { } servers)
        {
            await servers.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
