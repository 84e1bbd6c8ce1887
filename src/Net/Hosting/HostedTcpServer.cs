using System.Diagnostics;
using System.Net;
using Reactor.Net.Hosting;

namespace Reactor.Net;

/// <summary>
/// A TCP server of an application: what <c>AddTcpServer</c> has added. It starts and stops with the application's host,
/// and may listen on several addresses; its connections are counted and limited over all of them.
/// </summary>
public sealed class HostedTcpServer : IHostedServer
{
    private readonly Func<ServerContext, HostedTcpServerOptions, Task<Func<TcpConnection, CancellationToken, Task>>> _openHandlers;
    private Func<TcpConnection, CancellationToken, Task> _handler = null!;
    private TimeSpan _drainTimeout;
    private TcpServer[] _servers = [];

    /// <param name="name">By which it is known.</param>
    /// <param name="openHandlers">Makes what serves a connection, when the shards run.</param>
    internal HostedTcpServer(string name, Func<ServerContext, HostedTcpServerOptions, Task<Func<TcpConnection, CancellationToken, Task>>> openHandlers)
    {
        Name = name;
        _openHandlers = openHandlers;
    }

    /// <summary>The name that the server was added with; that of its options and of its section in the configuration.</summary>
    public string Name { get; }

    /// <summary>The addresses that the server listens on, with the ports that the kernel chose where port 0 was asked for; empty before it has started. Safe on any thread.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => Array.ConvertAll(Volatile.Read(ref _servers), server => server.EndPoint);

    /// <summary>The first of <see cref="EndPoints"/>.</summary>
    /// <exception cref="InvalidOperationException">The server has not started.</exception>
    public IPEndPoint EndPoint => EndPoints is [var first, ..]
        ? first
        : throw new InvalidOperationException($"Server '{Name}' has not started: it has an address when the application's host has started.");

    /// <summary>Reads the counters, summed over all shards and addresses, and how evenly they are spread. Safe on any thread.</summary>
    public ServerStatistics GetStatistics() => ServerStatistics.Sum(GetShardStatistics());

    /// <summary>Reads the counters of each shard, by <see cref="Shard.Id"/>, summed over all addresses; empty before it has started. Safe on any thread.</summary>
    public IReadOnlyList<ServerStatistics> GetShardStatistics()
    {
        IReadOnlyList<ServerStatistics>[] servers = Array.ConvertAll(Volatile.Read(ref _servers), server => server.GetShardStatistics());
        return servers.Length == 0 ? [] : [.. Enumerable.Range(0, servers[0].Count).Select(shard => servers.Select(server => server[shard]).Aggregate(static (sum, next) => sum.Plus(next)))];
    }

    /// <summary>The name and the addresses.</summary>
    public override string ToString() => $"TCP server '{Name}' on {Addresses}";

    TimeSpan IHostedServer.DrainTimeout => _drainTimeout;

    long IHostedServer.ActiveConnections => GetStatistics().Active;

    string IHostedServer.Addresses => Addresses;

    private string Addresses => _servers.Length == 0 ? "no address yet" : string.Join(", ", EndPoints);

    async Task IHostedServer.StartAsync(ServerContext context, CancellationToken cancellationToken)
    {
        HostedTcpServerOptions options = context.OptionsOf<HostedTcpServerOptions>(Name);
        TcpServerOptions own = OwnOptions(context, options);
        own.Validate(context.Host.Shards);
        _drainTimeout = own.DrainTimeout;
        _handler = await _openHandlers(context, options).ConfigureAwait(false);
        if (options.Tls is { } tls)
        {
            _handler = new TlsHandler(Name, tls, _handler, context.Logger).HandleAsync;
        }

        Volatile.Write(ref _servers, await HostedAddresses.ListenAsync(
            context,
            Name,
            options.EndPoints,
            endPoint => TcpServer.StartAsync(context.Host, endPoint, HandleAsync, own),
            static server => server.StopAsync(new CancellationToken(canceled: true)),
            cancellationToken).ConfigureAwait(false));
    }

    Task IHostedServer.StopAsync(CancellationToken deadline) => Task.WhenAll(_servers.Select(server => server.StopAsync(deadline)));

    private TcpServerOptions OwnOptions(ServerContext context, HostedTcpServerOptions options)
    {
        TcpServerOptions own = options.Copy();
        if (options.SchedulingGroupName is { } group)
        {
            own.SchedulingGroup = context.Groups.Get(group, options.SchedulingGroupShares);
        }

        own.Limit = own.NewLimit();
        if (context.LogsFailures)
        {
            own.HandlerFailed = (connection, failure) => NetLog.HandlerFailed(context.Logger, Name, connection.RemoteEndPoint, failure);
        }

        return own;
    }

    /// <remarks>Hot path for connections that are short: one look more than the handler itself.</remarks>
    private Task HandleAsync(TcpConnection connection, CancellationToken stopping)
    {
        if (ConnectionActivity.IsListenedTo)
        {
            Activity.Current?.SetTag("reactor.server", Name);
        }

        return _handler(connection, stopping);
    }
}
