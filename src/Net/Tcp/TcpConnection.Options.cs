using System.Net.Sockets;
using Tmds.Linux;

namespace Reactor.Net;

// The options of the open socket.
public sealed partial class TcpConnection
{
    /// <summary>Whether small segments are sent at once (TCP_NODELAY).</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public bool NoDelay
    {
        get => GetOption(LibC.IPPROTO_TCP, LibC.TCP_NODELAY) != 0;
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_NODELAY, value ? 1 : 0);
    }

    /// <summary>Whether idle peers are asked now and then if they are still there (SO_KEEPALIVE).</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public bool KeepAlive
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE) != 0;
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, value ? 1 : 0);
    }

    /// <summary>After how long without a word the peer is asked for the first time, if <see cref="KeepAlive"/> is on (TCP_KEEPIDLE). Parts of a second are cut off.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses the value: it takes from 1 to 32,767 seconds.</exception>
    public TimeSpan KeepAliveTime
    {
        get => TimeSpan.FromSeconds(GetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPIDLE));
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPIDLE, (int)value.TotalSeconds);
    }

    /// <summary>After how long a peer that has not answered is asked again (TCP_KEEPINTVL). Parts of a second are cut off.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses the value: it takes from 1 to 32,767 seconds.</exception>
    public TimeSpan KeepAliveInterval
    {
        get => TimeSpan.FromSeconds(GetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPINTVL));
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPINTVL, (int)value.TotalSeconds);
    }

    /// <summary>How many questions without an answer end the connection (TCP_KEEPCNT).</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses the value: it takes from 1 to 127.</exception>
    public int KeepAliveRetryCount
    {
        get => GetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPCNT);
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_KEEPCNT, value);
    }

    /// <summary>
    /// How long what was sent may stay without an acknowledgement before the connection fails (TCP_USER_TIMEOUT), to the
    /// millisecond; zero leaves it to the system. See <see cref="TcpConnectionOptions.UserTimeout"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="SocketException">The kernel refuses the value, because it is negative.</exception>
    public TimeSpan UserTimeout
    {
        get => TimeSpan.FromMilliseconds(GetOption(LibC.IPPROTO_TCP, LibC.TCP_USER_TIMEOUT));
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_USER_TIMEOUT, (int)value.TotalMilliseconds);
    }

    /// <summary>
    /// Whether what the peer sends is acknowledged at once (TCP_QUICKACK). It is not for good: the kernel falls back to delayed
    /// acknowledgements when it sees the connection answer, so set it again before each wait that matters.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public bool QuickAck
    {
        get => GetOption(LibC.IPPROTO_TCP, LibC.TCP_QUICKACK) != 0;
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_QUICKACK, value ? 1 : 0);
    }
}
