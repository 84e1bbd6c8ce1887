namespace Reactor.Net.Hosting;

/// <summary>A server that starts and stops with the application's host.</summary>
internal interface IHostedServer
{
    string Name { get; }

    /// <summary>How long it may go on with what it has, once it stops.</summary>
    TimeSpan DrainTimeout { get; }

    /// <summary>What it has now.</summary>
    long ActiveConnections { get; }

    /// <summary>Where it listens, for the log.</summary>
    string Addresses { get; }

    /// <summary>Starts it, or leaves nothing of the attempt.</summary>
    Task StartAsync(ServerContext context, CancellationToken cancellationToken);

    /// <param name="deadline">When it fires, what is left is aborted.</param>
    Task StopAsync(CancellationToken deadline);
}
