using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>Makes connections to Unix domain sockets.</summary>
public static class UnixConnector
{
    /// <summary>Connects to a socket that listens. The connection belongs to the shard that this is called on.</summary>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero.</param>
    /// <param name="options">How the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">
    /// There is no such file (<see cref="SocketError.AddressNotAvailable"/>), nobody listens
    /// (<see cref="SocketError.ConnectionRefused"/>), permission lacks (<see cref="SocketError.AccessDenied"/>), or the shard
    /// has stopped meanwhile (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <remarks>
    /// Connecting ends at once, unless as many connections wait to be accepted as the listener's backlog takes. The kernel
    /// tells nobody when that is over, so this tries again, after 1 ms, 2 ms, up to every 50 ms, until it succeeds, the
    /// listener is closed, or the token fires. Whoever tries at the right moment is first: there is no queue.
    /// </remarks>
    public static async ValueTask<UnixConnection> ConnectAsync(UnixDomainSocketEndPoint endPoint, UnixConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        string attempt = $"connect to {endPoint}";
        Shard shard = Shard.OfCaller(attempt);
        cancellationToken.ThrowIfCancellationRequested();
        int fd = ShardSocket.Check(attempt, shard, UnixSockets.Create(SocketType.Stream));
        try
        {
            ShardSocket.Check(attempt, shard, (options ?? new UnixConnectionOptions()).ApplyTo(fd));
            for (TimeSpan pause = UnixRetry.FirstPause; !TryConnect(attempt, shard, fd, NativeUnixAddress.From(endPoint)); pause = UnixRetry.Longer(pause))
            {
                await PauseAsync(attempt, pause, cancellationToken);
            }

            return new UnixConnection(shard, fd, null, endPoint);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <returns>False when the backlog is full.</returns>
    private static bool TryConnect(string attempt, Shard shard, int fd, NativeUnixAddress address)
    {
        shard.Counters.IoCalls++;
        SysResult result = UnixSockets.Connect(fd, address);
        return !result.IsError || (result.WouldBlock ? false : throw UnixErrors.OfReaching(attempt, result.Errno));
    }

    private static async ValueTask PauseAsync(string attempt, TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Shard.Delay(pause, cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            throw SocketErrors.Aborted(attempt);
        }
    }
}
