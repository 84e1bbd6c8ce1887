using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// How the socket of a TCP connection is set. On a listener it is set once, and every connection inherits it from the kernel;
/// what only a connection to be made can have (<see cref="LocalEndPoint"/>, <see cref="FastOpen"/>), a listener refuses.
/// </summary>
/// <remarks>
/// SO_LINGER is not among them. With a time it makes <c>close</c> block until the peer has everything, even on a socket that
/// does not block, and with it the whole shard; with a time of zero it takes from the peer what <see cref="StreamConnection.Close"/>
/// promises. <see cref="TcpConnection.CloseAsync"/> waits for the peer without blocking, <see cref="StreamConnection.Abort"/>
/// resets, and <see cref="UserTimeout"/> bounds how long the kernel goes on sending after <see cref="StreamConnection.Close"/>.
/// </remarks>
public sealed class TcpConnectionOptions
{
    /// <summary>What the kernel takes for both times of keep-alive, in seconds (MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL).</summary>
    private const int LongestKeepAliveSeconds = 32_767;

    /// <summary>What the kernel takes (MAX_TCP_KEEPCNT).</summary>
    private const int MostKeepAliveRetries = 127;

    /// <summary>Sends small segments at once instead of gathering them (TCP_NODELAY, Nagle's algorithm off). True by default.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Asks idle peers now and then whether they are still there (SO_KEEPALIVE). False by default. The three options that
    /// follow say when; they are set even if this is false, for connections that switch it on later.
    /// </summary>
    public bool KeepAlive { get; set; }

    /// <summary>
    /// After how long without a word a peer is asked for the first time (TCP_KEEPIDLE): whole seconds, from 1 to 32,767. Null
    /// leaves it to the system (net.ipv4.tcp_keepalive_time, two hours).
    /// </summary>
    public TimeSpan? KeepAliveTime { get; set; }

    /// <summary>
    /// After how long a peer that has not answered is asked again (TCP_KEEPINTVL): whole seconds, from 1 to 32,767. Null leaves
    /// it to the system (net.ipv4.tcp_keepalive_intvl, 75 seconds).
    /// </summary>
    public TimeSpan? KeepAliveInterval { get; set; }

    /// <summary>
    /// How many questions without an answer end the connection (TCP_KEEPCNT): from 1 to 127. Null leaves it to the system
    /// (net.ipv4.tcp_keepalive_probes, 9).
    /// </summary>
    public int? KeepAliveRetryCount { get; set; }

    /// <summary>
    /// How long what was sent may stay without an acknowledgement, or a peer's receive window without room, before the
    /// connection fails with <see cref="SocketError.TimedOut"/> (TCP_USER_TIMEOUT): whole milliseconds, from 1 to
    /// <see cref="int.MaxValue"/>. It goes on counting after a close, when the kernel alone still sends; and with keep-alive it
    /// takes the place of <see cref="KeepAliveRetryCount"/>. Null leaves it to the system (net.ipv4.tcp_retries2, some 15 minutes).
    /// </summary>
    public TimeSpan? UserTimeout { get; set; }

    /// <summary>
    /// The kernel's receive buffer in bytes (SO_RCVBUF; the kernel doubles the value for its book-keeping and caps it at
    /// net.core.rmem_max). Null leaves it to the kernel, which then tunes it by itself.
    /// </summary>
    public int? ReceiveBufferSize { get; set; }

    /// <summary>
    /// The kernel's send buffer in bytes (SO_SNDBUF; doubled likewise and capped at net.core.wmem_max). Null leaves it to
    /// the kernel.
    /// </summary>
    public int? SendBufferSize { get; set; }

    /// <summary>
    /// The address on this side, and the port or 0, from which to connect; of the same family as the address that is connected
    /// to. Null leaves both to the kernel. With port 0 the kernel chooses the port when it knows the peer
    /// (IP_BIND_ADDRESS_NO_PORT). Connections that are made in this way share a port as long as their peers differ, those in
    /// TIME_WAIT included (SO_REUSEADDR).
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>
    /// Sends the first bytes with the SYN, where an earlier connection has brought a cookie from the peer
    /// (TCP_FASTOPEN_CONNECT). False by default. With a cookie the connect ends at once, without a word to the peer, and it is the
    /// first send that tells of a peer that is not there. For who sends first, and for requests that may arrive twice, as a SYN
    /// may. Bit 1 of net.ipv4.tcp_fastopen allows it.
    /// </summary>
    public bool FastOpen { get; set; }

    /// <param name="path">How the user reaches these options, as in <c>TcpListenerOptions.Connection</c>.</param>
    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate(string path)
    {
        VerifyKeepAliveTime(path, nameof(KeepAliveTime), KeepAliveTime);
        VerifyKeepAliveTime(path, nameof(KeepAliveInterval), KeepAliveInterval);
        if (KeepAliveRetryCount is < 1 or > MostKeepAliveRetries)
        {
            throw OptionChecks.Refuse(path, nameof(KeepAliveRetryCount), KeepAliveRetryCount, $"from 1 to {MostKeepAliveRetries} is possible; null leaves it to the system");
        }

        if (UserTimeout is { } timeout && !OptionChecks.IsWhole(timeout, TimeSpan.TicksPerMillisecond, int.MaxValue))
        {
            throw OptionChecks.Refuse(path, nameof(UserTimeout), timeout, $"whole milliseconds from 1 to {int.MaxValue} are possible; null leaves it to the system");
        }

        VerifyBufferSize(path, nameof(ReceiveBufferSize), ReceiveBufferSize);
        VerifyBufferSize(path, nameof(SendBufferSize), SendBufferSize);
    }

    /// <summary>The same for connections that are accepted.</summary>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    internal void ValidateForListener(string path)
    {
        Validate(path);
        if (LocalEndPoint is not null)
        {
            throw OptionChecks.Refuse(path, nameof(LocalEndPoint), LocalEndPoint, "connections that are accepted have the listener's address; leave it null");
        }

        if (FastOpen)
        {
            throw OptionChecks.Refuse(path, nameof(FastOpen), FastOpen, $"it is for connecting. For a listener, set {nameof(TcpListenerOptions)}.{nameof(TcpListenerOptions.FastOpenQueueLength)}");
        }
    }

    /// <summary>The same for a connection that is to be made.</summary>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    internal void ValidateFor(IPEndPoint remote)
    {
        Validate(nameof(TcpConnectionOptions));
        if (LocalEndPoint is { } local && local.AddressFamily != remote.AddressFamily)
        {
            throw OptionChecks.Refuse(nameof(TcpConnectionOptions), nameof(LocalEndPoint), local, $"to connect to {remote}, an address of the family {remote.AddressFamily} is needed");
        }
    }

    /// <summary>Sets the options; before listen or connect, because the buffer sizes decide the TCP window's scale.</summary>
    /// <exception cref="SocketException">The kernel refuses one.</exception>
    internal void ApplyTo(string attempt, Shard shard, int fd)
    {
        ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, nameof(LibC.TCP_NODELAY), NoDelay ? 1 : 0);
        if (KeepAlive)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, nameof(LibC.SO_KEEPALIVE), 1);
        }

        if (KeepAliveTime is { } time)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPIDLE, nameof(LibC.TCP_KEEPIDLE), (int)time.TotalSeconds);
        }

        if (KeepAliveInterval is { } interval)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPINTVL, nameof(LibC.TCP_KEEPINTVL), (int)interval.TotalSeconds);
        }

        if (KeepAliveRetryCount is { } retries)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPCNT, nameof(LibC.TCP_KEEPCNT), retries);
        }

        if (UserTimeout is { } timeout)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_USER_TIMEOUT, nameof(LibC.TCP_USER_TIMEOUT), (int)timeout.TotalMilliseconds);
        }

        if (ReceiveBufferSize is { } receive)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.SOL_SOCKET, LibC.SO_RCVBUF, nameof(LibC.SO_RCVBUF), receive);
        }

        if (SendBufferSize is { } send)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, nameof(LibC.SO_SNDBUF), send);
        }
    }

    /// <summary>Sets what only a socket that is to connect can have, and binds it.</summary>
    /// <exception cref="SocketException">The kernel refuses something, or the local address is not to be had.</exception>
    internal void ApplyToConnecting(string attempt, Shard shard, int fd, AddressFamily family)
    {
        ApplyTo(attempt, shard, fd);
        if (FastOpen)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_FASTOPEN_CONNECT, nameof(LibC.TCP_FASTOPEN_CONNECT), 1);
        }

        if (LocalEndPoint is { } local)
        {
            if (local.AddressFamily != family)
            {
                // One of several addresses: those of the other family may do.
                throw SocketErrors.From($"{attempt} from {local}", LibC.EAFNOSUPPORT);
            }

            ShardSocket.SetOption(attempt, shard, fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, nameof(LibC.SO_REUSEADDR), 1);
            if (local.Port == 0)
            {
                ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_IP, LibC.IP_BIND_ADDRESS_NO_PORT, nameof(LibC.IP_BIND_ADDRESS_NO_PORT), 1);
            }

            ShardSocket.Check($"{attempt} from {local}", shard, Sockets.Bind(fd, NativeAddress.From(local)));
        }
    }

    private static void VerifyKeepAliveTime(string path, string option, TimeSpan? value)
    {
        if (value is { } time && !OptionChecks.IsWhole(time, TimeSpan.TicksPerSecond, LongestKeepAliveSeconds))
        {
            throw OptionChecks.Refuse(path, option, value, $"whole seconds from 1 to {LongestKeepAliveSeconds} are possible; null leaves it to the system");
        }
    }

    private static void VerifyBufferSize(string path, string option, int? value)
    {
        if (value < 1)
        {
            throw OptionChecks.Refuse(path, option, value, "at least 1 byte is needed; null leaves it to the kernel");
        }
    }
}
