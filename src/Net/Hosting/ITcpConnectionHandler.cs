namespace Reactor.Net;

/// <summary>Serves the connections of a server that an application's host runs. Made by the application's services: see <see cref="TcpHandlerLifetime"/>.</summary>
public interface ITcpConnectionHandler
{
    /// <summary>
    /// Serves one connection, on its shard. When the task ends, the connection is closed in good order; when it fails, the
    /// connection is reset and the failure is logged.
    /// </summary>
    /// <param name="connection">Belongs to the shard that this is called on.</param>
    /// <param name="stopping">Fires, on the shard, when the server begins to stop: a time to finish what is under way and to end idle connections.</param>
    Task HandleAsync(TcpConnection connection, CancellationToken stopping);
}
