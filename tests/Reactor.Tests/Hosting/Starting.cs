using Microsoft.Extensions.Hosting;

namespace Reactor.Tests.Hosting;

/// <summary>A service that does something at its start.</summary>
internal sealed class Starting(Action action) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        action();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
