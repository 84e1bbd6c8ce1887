using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Makes TCP connections. A connection belongs to the shard that this is called on; while it comes about, everything
/// happens there, but for the look-up of names.
/// </summary>
public static class TcpConnector
{
    /// <summary>Connects to an address.</summary>
    /// <param name="endPoint">Address and port, IPv4 or IPv6.</param>
    /// <param name="options">How the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">Refused, unreachable, timed out by the kernel, or the shard has stopped meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    [OverloadResolutionPriority(1)]
    public static async ValueTask<TcpConnection> ConnectAsync(IPEndPoint endPoint, TcpConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Shard shard = Shard.OfCaller($"connect to {endPoint}");
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new TcpConnectionOptions();
        options.ValidateFor(endPoint);
        TcpConnection connection = Open(shard, endPoint, options);
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

    /// <summary>Connects to an address, within a time.</summary>
    /// <param name="endPoint">Address and port, IPv4 or IPv6.</param>
    /// <param name="options">How long to try, and how the socket is set.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">As for several addresses.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static ValueTask<TcpConnection> ConnectAsync(IPEndPoint endPoint, TcpConnectorOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(options);
        return ConnectAsync([endPoint], options, cancellationToken);
    }

    /// <summary>
    /// Connects to whichever of several addresses answers first. They are tried in the order given: each next one when the
    /// one before has not answered for <see cref="TcpConnectorOptions.AttemptDelay"/>, or at once when one fails. The first
    /// connection is taken, and the other attempts are dropped.
    /// </summary>
    /// <param name="endPoints">Addresses and ports, IPv4 or IPv6 or both; at least one.</param>
    /// <param name="options">How long to try, and how the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up all attempts.</param>
    /// <exception cref="ArgumentException">There is no address, or an option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">
    /// All addresses failed, or the time was over (<see cref="SocketError.TimedOut"/>): then it is a
    /// <see cref="TcpConnectException"/>, which tells of each. Or the shard has stopped meanwhile
    /// (<see cref="SocketError.OperationAborted"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static ValueTask<TcpConnection> ConnectAsync(IReadOnlyList<IPEndPoint> endPoints, TcpConnectorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoints);
        IPEndPoint[] copy = [.. endPoints];
        if (copy.Length == 0 || Array.Exists(copy, static endPoint => endPoint is null))
        {
            throw new ArgumentException("To connect, give at least one address, and none that is null.", nameof(endPoints));
        }

        string attempt = copy.Length == 1 ? $"connect to {copy[0]}" : $"connect to any of {string.Join(", ", copy.AsEnumerable())}";
        return RaceAsync(attempt, (_, _) => new ValueTask<IPEndPoint[]>(copy), options, cancellationToken);
    }

    /// <summary>
    /// Connects to a host. Its addresses are tried like those of a list, those of IPv6 and IPv4 in turn ("happy eyeballs",
    /// RFC 8305); so a host that is not to be reached by one of them costs a quarter of a second and no more.
    /// </summary>
    /// <param name="host">A name, which is looked up off the shard, or an IP address, IPv6 with or without brackets.</param>
    /// <param name="port">The port, from 0 to 65,535.</param>
    /// <param name="options">How long to try, how names are looked up, and how the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the look-up and all attempts.</param>
    /// <exception cref="ArgumentException">The host is empty, the port is none, or an option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="SocketException">As for several addresses; or the look-up failed (<see cref="HostResolver.ResolveAsync"/> says how).</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static ValueTask<TcpConnection> ConnectAsync(string host, int port, TcpConnectorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        return ConnectAsync(host, port, AddressFamily.Unspecified, options, cancellationToken);
    }

    /// <inheritdoc cref="ConnectAsync(string, int, TcpConnectorOptions?, CancellationToken)"/>
    /// <param name="endPoint">
    /// The host, by name or IP address, and the port. An address family other than <see cref="AddressFamily.Unspecified"/>
    /// leaves the other family's addresses out.
    /// </param>
    /// <param name="options">How long to try, how names are looked up, and how the socket is set; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the look-up and all attempts.</param>
    public static ValueTask<TcpConnection> ConnectAsync(DnsEndPoint endPoint, TcpConnectorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return ConnectAsync(endPoint.Host, endPoint.Port, endPoint.AddressFamily, options, cancellationToken);
    }

    /// <summary>Makes a connection that is not connected yet, and whose caller aborts it if that comes to nothing.</summary>
    internal static TcpConnection Open(Shard shard, IPEndPoint endPoint, TcpConnectionOptions options)
    {
        string attempt = $"connect to {endPoint}";
        int fd = ShardSocket.CreateTcp(attempt, shard, endPoint.AddressFamily);
        try
        {
            options.ApplyToConnecting(attempt, shard, fd, endPoint.AddressFamily);
            return new TcpConnection(shard, fd, NativeAddress.From(endPoint), isConnected: false);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    private static ValueTask<TcpConnection> ConnectAsync(string host, int port, AddressFamily family, TcpConnectorOptions? options, CancellationToken cancellationToken) =>
        RaceAsync(
            host.Contains(':') && !host.StartsWith('[') ? $"connect to [{host}]:{port}" : $"connect to {host}:{port}",
            async (options, token) => AddressOrder.Interleave(await options.Resolver.ResolveAsync(host, family, token), port, options.PreferredFamily),
            options,
            cancellationToken);

    private static async ValueTask<TcpConnection> RaceAsync(
        string attempt,
        Func<TcpConnectorOptions, CancellationToken, ValueTask<IPEndPoint[]>> findAsync,
        TcpConnectorOptions? options,
        CancellationToken cancellationToken)
    {
        options ??= new TcpConnectorOptions();
        options.Validate();
        Shard shard = Shard.OfCaller(attempt);
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan time = options.ConnectTimeout;
        ConnectRace? race = null;
        using ShardTimeout timeout = Shard.Timeout(time, cancellationToken);
        try
        {
            race = new ConnectRace(shard, attempt, await findAsync(options, timeout.Token), options);
            return await race.Run(timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The token that ended it is the timeout's, and no caller knows that one.
            cancellationToken.ThrowIfCancellationRequested();
            if (timeout.HasElapsed)
            {
                throw TcpConnectException.TimedOut(attempt, time, race?.Unanswered ?? [], race?.Errors ?? []);
            }

            if (shard.IsStopping)
            {
                throw new SocketException((int)SocketError.OperationAborted, $"{attempt} ended because {shard} stops.");
            }

            throw;
        }
    }
}
