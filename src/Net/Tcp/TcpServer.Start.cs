using System.Net;

namespace Reactor.Net;

// Starting: all shards listen, then all accept, or nothing is left of the attempt.
public sealed partial class TcpServer
{
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
        SchedulingGroup group = own.SchedulingGroup ?? SchedulingGroup.Current;
        ConnectionLimit? limit = own.MaxConnections is { } most ? new ConnectionLimit(most) : null;
        ServerShard[] shards = [.. host.Shards.Select(shard => new ServerShard(shard, handler, limit))];

        using ListenerSockets sockets = await host.Shards[0].InvokeAsync(() => Open(host, endPoint, own)).ConfigureAwait(false);
        try
        {
            var incident = new AcceptIncident();
            await OnAllAsync(shards.Take(sockets.Count), shard => shard.Listen(new ServerAcceptor(sockets.Take(shard.Shard.Id, shard.Shard), shards, own, limit, group, incident))).ConfigureAwait(false);
            await OnAllAsync(shards, shard => shard.StartAccepting()).ConfigureAwait(false);
        }
        catch
        {
            await StopAsync(shards, own, new CancellationToken(canceled: true)).ConfigureAwait(false);
            throw;
        }

        return new TcpServer(sockets.EndPoint, own, shards);
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

    private static Task OnAllAsync(IEnumerable<ServerShard> shards, Action<ServerShard> action) =>
        Task.WhenAll(shards.Select(shard => shard.Shard.InvokeAsync(action, shard).AsTask()));
}
