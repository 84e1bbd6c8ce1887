using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Reactor.Diagnostics;

namespace Reactor.Hosting;

/// <summary>
/// Ties the shards, and the services that have an instance on each, to the application's host: they are there before any
/// hosted service starts, and go when all have stopped.
/// </summary>
/// <param name="services">The application's.</param>
/// <param name="sharded">In the order of their start.</param>
/// <param name="loggers">None in an application without logging.</param>
internal sealed class ReactorLifetime(IServiceProvider services, IEnumerable<ShardedService> sharded, ILoggerFactory? loggers = null) : IHostedLifecycleService
{
    /// <summary>
    /// How long the end may take beyond the host's deadline. Servers that drain to the last moment leave nothing of the
    /// time, and shards that no code blocks end in far less.
    /// </summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger(ReactorLog.Category);
    private readonly Stack<ShardedService> _started = new();
    private ReactorHost? _host;
    private Task _start = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => _start = StartAllAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="cancellationToken">The host's deadline.</param>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // A start that goes on while the host stops is told by its own token.
        await _start.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAllAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            _host = services.GetRequiredService<ReactorHost>();
            foreach (ShardedService service in sharded)
            {
                _started.Push(service);
                await service.StartAsync(services).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (PlatformNotSupportedException exception) when (services.GetService<ReactorIsRequired>() is null)
        {
            ReactorLog.Told(_logger, exception.Message);
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException)
            {
                ReactorLog.StartFailed(_logger, exception.Message, exception);
            }

            using var now = new CancellationTokenSource();
            await now.CancelAsync().ConfigureAwait(false);
            await StopAllAsync(now.Token).ConfigureAwait(false);
            throw;
        }
    }

    private async Task StopAllAsync(CancellationToken deadline)
    {
        if (_host is not { } host)
        {
            return;
        }

        _host = null;
        using var end = new CancellationTokenSource();
        using CancellationTokenRegistration grace = deadline.UnsafeRegister(static end => ((CancellationTokenSource)end!).CancelAfter(s_grace), end);
        while (_started.TryPop(out ShardedService? service))
        {
            await StopAsync(service, end.Token).ConfigureAwait(false);
        }

        if (await host.TryStopAsync(end.Token).ConfigureAwait(false))
        {
            ReactorLog.Stopped(_logger, host.Shards.Count);
        }
        else
        {
            ReactorLog.LeftBehind(_logger, string.Join(", ", host.Shards.Where(shard => !shard.HasStopped).Select(Describe)));
        }
    }

    private async Task StopAsync(ShardedService service, CancellationToken end)
    {
        try
        {
            await service.StopAsync(services).AsTask().WaitAsync(end).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            ReactorLog.DisposalFailed(_logger, service.Name, exception);
        }
    }

    private static string Describe(Shard shard) =>
        shard.Activity is { Running: { } running } ? $"{shard}, which runs {CodeName.Of(running)}" : shard.ToString();
}
