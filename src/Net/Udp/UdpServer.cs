using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>
/// Has a UDP socket on each shard of a host, all on one port (SO_REUSEPORT), and a handler run on each. The kernel spreads
/// datagrams by the peer's address, so that a peer stays with its shard.
/// </summary>
/// <remarks>
/// A handler serves its socket until it is told to stop. One that returns earlier, or fails, leaves its socket closed, and
/// the kernel gives its peers to the other shards; a failure is told to <see cref="ReactorOptions.UnhandledException"/>.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no handle; there is nothing to give back.")]
public sealed class UdpServer : IAsyncDisposable
{
    private readonly TimeSpan _drainTimeout;
    private readonly UdpServerShard[] _shards;
    private readonly Lock _stopLock = new();

    // Fires with the first deadline of all that asked to stop.
    private readonly CancellationTokenSource _abort = new();
    private Task? _stopTask;

    private UdpServer(IPEndPoint endPoint, TimeSpan drainTimeout, UdpServerShard[] shards)
    {
        EndPoint = endPoint;
        _drainTimeout = drainTimeout;
        _shards = shards;
    }

    /// <summary>The address that the server is bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Binds on all shards of a host, and runs the handler on each. From any thread.</summary>
    /// <param name="host">The shards that serve.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="handler">
    /// Serves the socket of one shard, on that shard. The token fires, there, when the server begins to stop: it is to be
    /// given to the receives.
    /// </param>
    /// <param name="options">Null for the defaults. Read at the start; later changes are not seen.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public static async Task<UdpServer> StartAsync(ReactorHost host, IPEndPoint endPoint, Func<UdpSocket, CancellationToken, Task> handler, UdpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(handler);
        options ??= new UdpServerOptions();
        options.Validate();
        TimeSpan drainTimeout = options.DrainTimeout;
        UdpOptions socketOptions = options.Socket.Copy();
        SchedulingGroup group = options.SchedulingGroup ?? SchedulingGroup.Current;
        UdpServerShard[] shards = [.. host.Shards.Select(shard => new UdpServerShard(shard, handler, group))];

        using SharedUdpPort port = await host.Shards[0].InvokeAsync(() => SharedUdpPort.Open(host.Shards[0], endPoint, socketOptions, shards.Length)).ConfigureAwait(false);
        try
        {
            await OnAllAsync(shards, shard => shard.Take(port)).ConfigureAwait(false);
            await OnAllAsync(shards, static shard => shard.Start()).ConfigureAwait(false);
        }
        catch
        {
            await StopAsync(shards, new CancellationToken(canceled: true)).ConfigureAwait(false);
            throw;
        }

        return new UdpServer(port.EndPoint, drainTimeout, shards);
    }

    /// <summary>
    /// Tells the handlers by their token, and waits until they have ended. From any thread; a second call waits for the
    /// first, and its deadline counts too.
    /// </summary>
    /// <param name="deadline">When it fires, the sockets that are left are closed under their handlers.</param>
    /// <returns>A task that ends when every socket is closed and its handler has returned; a handler that goes on after its socket was closed is waited for 5 seconds.</returns>
    public async Task StopAsync(CancellationToken deadline = default)
    {
        Task stop;
        lock (_stopLock)
        {
            stop = _stopTask ??= StopAsync(_shards, _abort.Token);
        }

        using (deadline.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort))
        {
            await stop.ConfigureAwait(false);
        }
    }

    /// <summary>Stops with <see cref="UdpServerOptions.DrainTimeout"/> as the deadline.</summary>
    /// <returns>As <see cref="StopAsync(CancellationToken)"/>.</returns>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(_drainTimeout);
        await StopAsync(deadline.Token).ConfigureAwait(false);
    }

    private static Task StopAsync(UdpServerShard[] shards, CancellationToken deadline) =>
        Task.WhenAll(shards.Select(shard => StopAsync(shard, deadline)));

    private static async Task StopAsync(UdpServerShard shard, CancellationToken deadline)
    {
        try
        {
            await shard.Shard.InvokeAsync(() => shard.StopAsync(deadline), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The shard has stopped before its server, and has closed the socket itself.
        }
    }

    private static Task OnAllAsync(UdpServerShard[] shards, Action<UdpServerShard> action) =>
        Task.WhenAll(shards.Select(shard => shard.Shard.InvokeAsync(action, shard).AsTask()));
}
