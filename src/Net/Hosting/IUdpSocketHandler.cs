namespace Reactor.Net;

/// <summary>
/// Serves the sockets of a UDP server that an application's host runs. Made by the application's services: each socket, of
/// which there is one on each shard for each address, has a handler and a scope of services of its own.
/// </summary>
public interface IUdpSocketHandler
{
    /// <summary>
    /// Serves the socket of one shard, on that shard, until it is told to stop. If it ends earlier, or fails, its socket is
    /// closed, and the kernel gives its peers to the other shards; a failure is logged.
    /// </summary>
    /// <param name="socket">Belongs to the shard that this is called on.</param>
    /// <param name="stopping">Fires, on the shard, when the server begins to stop: it is to be given to the receives.</param>
    Task HandleAsync(UdpSocket socket, CancellationToken stopping);
}
