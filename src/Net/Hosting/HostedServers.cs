using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Reactor.Net.Hosting;

/// <summary>All servers of an application: started one after the other, stopped together.</summary>
internal sealed class HostedServers(ServerContext context, TcpServerCollection tcp, UdpServerCollection udp, IConfiguration? configuration = null) : IAsyncDisposable
{
    /// <summary>
    /// How long the end of a server may take beyond its deadline: it waits 5 seconds for handlers that go on after their
    /// connection was aborted.
    /// </summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(6);

    // In the order of their start.
    private readonly IHostedServer[] _servers = [.. tcp, .. udp];
    private readonly List<IHostedServer> _started = [];

    private ILogger Logger => context.Logger;

    /// <summary>If one cannot start, none is left.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        WarnOfUnknown();
        foreach (IHostedServer server in _servers)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                await server.StartAsync(context, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                if (exception is not OperationCanceledException)
                {
                    NetLog.StartFailed(Logger, server.Name, exception.Message, exception);
                }

                await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
                throw;
            }

            _started.Add(server);
            NetLog.Listening(Logger, server.Name, server.Addresses);
        }
    }

    /// <param name="deadline">Beside the time that each server may take.</param>
    internal async Task StopAsync(CancellationToken deadline)
    {
        IHostedServer[] started = [.. _started];
        _started.Clear();
        await Task.WhenAll(started.Select(server => StopAsync(server, deadline))).ConfigureAwait(false);
    }

    /// <summary>After a start that something else has failed; if the host was stopped, there is nothing left to do.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!context.Host.IsAbandoned)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task StopAsync(IHostedServer server, CancellationToken deadline)
    {
        using var drained = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        using var abort = new CancellationTokenSource();
        using var end = new CancellationTokenSource();
        using CancellationTokenRegistration registration = drained.Token.UnsafeRegister(
            _ =>
            {
                // Before they are aborted, and gone.
                if (server.ActiveConnections is > 0 and var connections)
                {
                    NetLog.Aborting(Logger, server.Name, connections);
                }

                abort.Cancel();
                end.CancelAfter(s_grace);
            },
            null);
        if (server.DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            drained.CancelAfter(server.DrainTimeout);
        }

        Task stop = server.StopAsync(abort.Token);
        await stop.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCompleted)
        {
            await stop.ConfigureAwait(false);
            NetLog.Stopped(Logger, server.Name);
        }
        else
        {
            NetLog.LeftBehind(Logger, server.Name);
        }
    }

    /// <summary>Somebody has misspelt a name, and wonders why nothing happens.</summary>
    private void WarnOfUnknown()
    {
        foreach (IConfigurationSection section in configuration?.GetSection(HostedTcpServerOptionsSetup.SectionName).GetChildren() ?? [])
        {
            if (!Array.Exists(_servers, server => server.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase)))
            {
                NetLog.UnknownServer(Logger, section.Path, string.Join(", ", _servers.Select(server => server.Name)));
            }
        }
    }
}
