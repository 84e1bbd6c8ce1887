using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Reactor.Net;

/// <summary>
/// Accepts TCP connections on the shards of a host and runs a handler for each, on the shard that accepted it.
/// </summary>
/// <remarks>
/// When a handler returns, its connection is closed in good order; when it throws, the connection is reset. The server and
/// the other connections go on.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
public sealed class TcpServer : IAsyncDisposable
{
    private readonly ReactorHost _host;
    private readonly TcpServerOptions _options;
    private readonly ShardListener[] _listeners;
    private readonly Lock _stopLock = new();

    // Fires with the first deadline of all that asked to stop.
    private readonly CancellationTokenSource _abort = new();
    private Task? _stopTask;

    private TcpServer(ReactorHost host, TcpServerOptions options, ShardListener[] listeners)
    {
        _host = host;
        _options = options;
        _listeners = listeners;
        EndPoint = listeners[0].EndPoint;
    }

    /// <summary>The address that the server listens on, with the port that the kernel chose if port 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts to listen. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="handler">Serves one connection, on its shard.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    public static Task<TcpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<TcpConnection, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(host, endPoint, (connection, _) => handler(connection), options);
    }

    /// <summary>Starts to listen, with a handler that is told when the server stops. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="handler">
    /// Serves one connection, on its shard. The token fires, on that shard, when the server begins to stop: a time to
    /// finish what is under way and to end idle connections. It is one token for all connections of a shard.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    public static async Task<TcpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(handler);
        options ??= new TcpServerOptions();
        options.Validate();
        Shard shard = host.Shards[0];
        ShardListener listener = await shard.InvokeAsync(() => ShardListener.Start(endPoint, handler, options)).ConfigureAwait(false);
        return new TcpServer(host, options, [listener]);
    }

    /// <summary>Reads the counters. Safe on any thread.</summary>
    public TcpServerStatistics GetStatistics()
    {
        TcpServerStatistics sum = default;
        foreach (ShardListener listener in _listeners)
        {
            TcpServerStatistics one = listener.GetStatistics();
            sum = new TcpServerStatistics(
                sum.Accepted + one.Accepted,
                sum.Active + one.Active,
                sum.AcceptErrors + one.AcceptErrors,
                sum.ConnectionFailures + one.ConnectionFailures,
                sum.HandlerFailures + one.HandlerFailures);
        }

        return sum;
    }

    /// <summary>
    /// Stops accepting, tells the handlers by their token, and waits until the connections have ended. From any thread; a
    /// second call waits for the first, and its deadline counts too.
    /// </summary>
    /// <param name="deadline">When it fires, the connections that are left are aborted.</param>
    /// <returns>A task that ends when every connection is closed and its handler has returned; a handler that goes on after its connection was aborted is waited for 5 seconds.</returns>
    public async Task StopAsync(CancellationToken deadline = default)
    {
        Task stop;
        lock (_stopLock)
        {
            stop = _stopTask ??= Task.WhenAll(_listeners.Select((listener, i) => StopAsync(_host.Shards[i], listener, _abort.Token)));
        }

        using (deadline.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort))
        {
            await stop.ConfigureAwait(false);
        }
    }

    /// <summary>Stops with <see cref="TcpServerOptions.DrainTimeout"/> as the deadline.</summary>
    /// <returns>As <see cref="StopAsync(CancellationToken)"/>.</returns>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(_options.DrainTimeout);
        await StopAsync(deadline.Token).ConfigureAwait(false);
    }

    private static async Task StopAsync(Shard shard, ShardListener listener, CancellationToken deadline)
    {
        try
        {
            await shard.InvokeAsync(() => listener.StopAsync(deadline), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped before its server: it has aborted all connections itself.
        }
    }
}
