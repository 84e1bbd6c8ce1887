using System.Net;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>Makes TCP connections.</summary>
public static class TcpConnector
{
    /// <summary>Connects to an address. The connection belongs to the shard that this is called on.</summary>
    /// <param name="endPoint">Address and port, IPv4 or IPv6.</param>
    /// <param name="options">How the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">Refused, unreachable, timed out, or the shard has stopped meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static async ValueTask<TcpConnection> ConnectAsync(IPEndPoint endPoint, TcpConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        string attempt = $"connect to {endPoint}";
        Shard shard = Shard.OfCaller(attempt);
        cancellationToken.ThrowIfCancellationRequested();
        int fd = ShardSocket.CreateTcp(attempt, shard, endPoint.AddressFamily);
        TcpConnection connection;
        try
        {
            ShardSocket.Check(attempt, shard, (options ?? new TcpConnectionOptions()).ApplyTo(fd));
            connection = new TcpConnection(shard, fd, NativeAddress.From(endPoint), isConnected: false);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }

        try
        {
            await connection.ConnectAsync(cancellationToken);
            return connection;
        }
        catch
        {
            connection.Abort();
            throw;
        }
    }
}
