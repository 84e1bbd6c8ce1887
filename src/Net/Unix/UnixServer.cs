using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// Serves connections to a Unix domain socket on the shards of a host. There is one listener, on shard 0, which hands the
/// connections out to all: the kernel does not spread them over several.
/// </summary>
/// <remarks>
/// <inheritdoc/>
/// The file of a socket that is bound to a path is removed as soon as the server begins to stop.
/// </remarks>
public sealed class UnixServer : ConnectionServer<UnixConnection>
{
    private UnixServer(ServerShards<UnixConnection> shards, UnixDomainSocketEndPoint endPoint)
        : base(shards) => EndPoint = endPoint;

    /// <summary>The path or the abstract name that the server listens on.</summary>
    public override UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>Starts to listen. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero.</param>
    /// <param name="handler">Serves one connection, on its shard.</param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="SocketException">As for <see cref="UnixConnectionListener.Listen(UnixDomainSocketEndPoint, UnixListenerOptions?)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static Task<UnixServer> StartAsync(ReactorHost host, UnixDomainSocketEndPoint endPoint, Func<UnixConnection, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(host, endPoint, (connection, _) => handler(connection), options);
    }

    /// <summary>Starts to listen, with a handler that is told when the server stops. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero.</param>
    /// <param name="handler">
    /// Serves one connection, on its shard. The token fires, on that shard, when the server begins to stop: a time to
    /// finish what is under way and to end idle connections. It is one token for all connections of a shard.
    /// </param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="SocketException">As for <see cref="UnixConnectionListener.Listen(UnixDomainSocketEndPoint, UnixListenerOptions?)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static Task<UnixServer> StartAsync(ReactorHost host, UnixDomainSocketEndPoint endPoint, Func<UnixConnection, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return StartAsync(host, handler, options, own => UnixConnectionListener.Listen(endPoint, own));
    }

    /// <summary>Starts to accept what comes in on a socket that somebody else has opened, as the service manager (<see cref="SystemdSockets"/>). From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="listener">
    /// A Unix domain socket that listens. The server takes a duplicate; it is not shut down with the server, and its file stays,
    /// so that others who have the socket go on, and clients who have not been accepted wait for them.
    /// </param>
    /// <param name="handler">Serves one connection, on its shard. The token fires, on that shard, when the server begins to stop.</param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">It is no Unix domain socket that listens, or an option cannot be met.</exception>
    /// <exception cref="SocketException">No file descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped, or the handle is closed.</exception>
    public static Task<UnixServer> StartAsync(ReactorHost host, SafeSocketHandle listener, Func<UnixConnection, CancellationToken, Task> handler, UnixServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return StartAsync(host, handler, options, own => UnixConnectionListener.Listen(listener, own));
    }

    private static async Task<UnixServer> StartAsync(ReactorHost host, Func<UnixConnection, CancellationToken, Task> handler, UnixServerOptions? options, Func<UnixListenerOptions, UnixConnectionListener> listen)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(handler);
        UnixServerOptions own = options?.Copy() ?? new UnixServerOptions();
        own.Validate(host.Shards);
        var shards = new ServerShards<UnixConnection>(host, own, handler);
        UnixDomainSocketEndPoint? endPoint = null;
        await shards.StartAsync(1, _ =>
        {
            UnixConnectionListener listener = listen(own.Listener);
            endPoint = listener.LocalEndPoint;
            return listener;
        }).ConfigureAwait(false);
        return new UnixServer(shards, endPoint!);
    }
}
