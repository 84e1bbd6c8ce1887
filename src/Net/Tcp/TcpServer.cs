using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>Serves TCP connections on the shards of a host.</summary>
/// <remarks><inheritdoc/></remarks>
public sealed class TcpServer : ConnectionServer<TcpConnection>
{
    private TcpServer(ServerShards<TcpConnection> shards, IPEndPoint endPoint)
        : base(shards) => EndPoint = endPoint;

    /// <summary>The address that the server listens on, with the port that the kernel chose if port 0 was asked for.</summary>
    public override IPEndPoint EndPoint { get; }

    /// <summary>Starts to listen on the shards of a host. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="handler">Serves one connection, on its shard.</param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static Task<TcpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<TcpConnection, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(host, endPoint, (connection, _) => handler(connection), options);
    }

    /// <summary>Starts to listen on the shards of a host, with a handler that is told when the server stops. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="handler">
    /// Serves one connection, on its shard. The token fires, on that shard, when the server begins to stop: a time to
    /// finish what is under way and to end idle connections. It is one token for all connections of a shard.
    /// </param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static async Task<TcpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(handler);
        TcpServerOptions own = options?.Copy() ?? new TcpServerOptions();
        own.Validate(host.Shards);
        return await StartAsync(host, handler, own, () => Open(host, endPoint, own)).ConfigureAwait(false);
    }

    /// <summary>Starts to accept what comes in on a socket that somebody else has opened, as the service manager (<see cref="SystemdSockets"/>). From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="listener">
    /// A TCP socket that listens. The server takes a duplicate; it is not shut down with the server, so that others who have the
    /// socket go on, and clients who have not been accepted wait for them, or for the next process that gets it.
    /// </param>
    /// <param name="handler">Serves one connection, on its shard.</param>
    /// <param name="options">As for the overload whose handler takes a token.</param>
    /// <exception cref="ArgumentException">It is no TCP socket that listens, or an option cannot be met.</exception>
    /// <exception cref="SocketException">The kernel refuses an option, or no file descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped, or the handle is closed.</exception>
    public static Task<TcpServer> StartAsync(ReactorHost host, SafeSocketHandle listener, Func<TcpConnection, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(host, listener, (connection, _) => handler(connection), options);
    }

    /// <summary>The same with a handler that is told when the server stops.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="listener">A TCP socket that listens, of which the server takes a duplicate.</param>
    /// <param name="handler">Serves one connection, on its shard. The token fires, on that shard, when the server begins to stop.</param>
    /// <param name="options">
    /// Null for the defaults. Read at the start; later changes are not seen. One socket has one acceptor, shard 0 (if several
    /// polled it, each connection would wake them all): so <see cref="ConnectionDistribution.ReusePort"/>, for which each shard
    /// would need a socket of its own, is taken for <see cref="ConnectionDistribution.LeastConnections"/>. The options of the
    /// listener and its connections are set on the socket itself, which all who have it share, and which does not block from
    /// then on; backlog and dual mode are left as they are.
    /// </param>
    /// <exception cref="ArgumentException">It is no TCP socket that listens, or an option cannot be met.</exception>
    /// <exception cref="SocketException">The kernel refuses an option, or no file descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped, or the handle is closed.</exception>
    public static async Task<TcpServer> StartAsync(ReactorHost host, SafeSocketHandle listener, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(handler);
        TcpServerOptions own = options?.Copy() ?? new TcpServerOptions();
        own.ValidateForOneSocket(host.Shards);
        return await StartAsync(host, handler, own, () => ListenerSockets.Share(host.Shards[0], listener, own.Listener)).ConfigureAwait(false);
    }

    private static async Task<TcpServer> StartAsync(ReactorHost host, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions options, Func<ListenerSockets> open)
    {
        var shards = new ServerShards<TcpConnection>(host, options, handler);
        using ListenerSockets sockets = await host.Shards[0].InvokeAsync(open).ConfigureAwait(false);
        await shards.StartAsync(sockets.Count, shard => sockets.Take(shard.Id, shard)).ConfigureAwait(false);
        return new TcpServer(shards, sockets.EndPoint);
    }

    private static ListenerSockets Open(ReactorHost host, IPEndPoint endPoint, TcpServerOptions options)
    {
        var sockets = ListenerSockets.Open(host.Shards[0], endPoint, options.Listener, options.HasOneAcceptor ? 1 : host.Shards.Count);
        if (options.Distribution == ConnectionDistribution.IncomingCpu)
        {
            sockets.PreferCpus(host.Shards);
        }

        return sockets;
    }
}
