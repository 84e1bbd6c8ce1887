using System.Net;
using Reactor.Net.Hosting;

namespace Reactor.Net;

/// <summary>
/// A UDP server of an application: what <c>AddUdpServer</c> has added. It starts and stops with the application's host, and
/// may be bound to several addresses, with a socket on each shard for each of them.
/// </summary>
public sealed class HostedUdpServer : IHostedServer
{
    private readonly Func<ServerContext, Func<UdpSocket, CancellationToken, Task>> _openHandler;
    private TimeSpan _drainTimeout;
    private UdpServer[] _servers = [];

    /// <param name="name">By which it is known.</param>
    /// <param name="openHandler">Makes what serves a socket, when the shards run.</param>
    internal HostedUdpServer(string name, Func<ServerContext, Func<UdpSocket, CancellationToken, Task>> openHandler)
    {
        Name = name;
        _openHandler = openHandler;
    }

    /// <summary>The name that the server was added with; that of its options and of its section in the configuration.</summary>
    public string Name { get; }

    /// <summary>The addresses that the server is bound to, with the ports that the kernel chose where port 0 was asked for; empty before it has started. Safe on any thread.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => Array.ConvertAll(Volatile.Read(ref _servers), server => server.EndPoint);

    /// <summary>The first of <see cref="EndPoints"/>.</summary>
    /// <exception cref="InvalidOperationException">The server has not started.</exception>
    public IPEndPoint EndPoint => EndPoints is [var first, ..]
        ? first
        : throw new InvalidOperationException($"Server '{Name}' has not started: it has an address when the application's host has started.");

    /// <summary>The name and the addresses.</summary>
    public override string ToString() => $"UDP server '{Name}' on {Addresses}";

    TimeSpan IHostedServer.DrainTimeout => _drainTimeout;

    /// <remarks>It has none.</remarks>
    long IHostedServer.ActiveConnections => 0;

    string IHostedServer.Addresses => Addresses;

    private string Addresses => _servers.Length == 0 ? "no address yet" : string.Join(", ", EndPoints);

    async Task IHostedServer.StartAsync(ServerContext context, CancellationToken cancellationToken)
    {
        HostedUdpServerOptions options = context.OptionsOf<HostedUdpServerOptions>(Name);
        UdpServerOptions own = options.Copy();
        if (options.SchedulingGroupName is { } group)
        {
            own.SchedulingGroup = context.Groups.Get(group, options.SchedulingGroupShares);
        }

        _drainTimeout = own.DrainTimeout;
        Func<UdpSocket, CancellationToken, Task> handler = _openHandler(context);
        if (context.LogsFailures)
        {
            handler = Logged(handler, context);
        }

        Volatile.Write(ref _servers, await HostedAddresses.ListenAsync(
            context,
            Name,
            options.EndPoints,
            endPoint => UdpServer.StartAsync(context.Host, endPoint, handler, own),
            static server => server.StopAsync(new CancellationToken(canceled: true)),
            cancellationToken).ConfigureAwait(false));
    }

    Task IHostedServer.StopAsync(CancellationToken deadline) => Task.WhenAll(_servers.Select(server => server.StopAsync(deadline)));

    /// <summary>Failures go to the log under the server's name, instead of among those that nobody awaits.</summary>
    private Func<UdpSocket, CancellationToken, Task> Logged(Func<UdpSocket, CancellationToken, Task> handler, ServerContext context) => async (socket, stopping) =>
    {
        try
        {
            await handler(socket, stopping);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            NetLog.SocketHandlerFailed(context.Logger, Name, socket.Shard, failure);
        }
    };
}
