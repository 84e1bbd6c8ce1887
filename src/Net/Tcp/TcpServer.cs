using System.Net;

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
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
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
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static async Task<TcpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(handler);
        TcpServerOptions own = options?.Copy() ?? new TcpServerOptions();
        own.Validate(host.Shards);
        var shards = new ServerShards<TcpConnection>(host, own, handler);
        using ListenerSockets sockets = await host.Shards[0].InvokeAsync(() => Open(host, endPoint, own)).ConfigureAwait(false);
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
