using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Reactor.Shards;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// A TCP connection that belongs to one shard. At a time one receive and one send may be pending; a second of its kind
/// throws <see cref="InvalidOperationException"/> at once. Everything except <see cref="ShardObject.Shard"/> and the
/// endpoints is used on its shard only.
/// </summary>
/// <remarks>
/// Awaits resume on the shard and allocate nothing. A <see cref="ValueTask"/> that an operation returns is awaited once,
/// and on the shard. A buffer given to an operation belongs to the operation until its await has ended.
/// </remarks>
public sealed partial class TcpConnection : ShardObject, IDisposable
{
    private readonly int _fd;
    private readonly int _handle;
    private NativeAddress _remoteAddress;
    private IPEndPoint? _localEndPoint;
    private IPEndPoint? _remoteEndPoint;
    private bool _isConnected;
    private bool _isClosed;

    /// <summary>Takes over the socket. If it throws, the socket is still the caller's to close.</summary>
    /// <param name="shard">Whose it will be; on it.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="remoteAddress">The peer's.</param>
    /// <param name="isConnected">False before <see cref="ConnectAsync"/>.</param>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal TcpConnection(Shard shard, int fd, NativeAddress remoteAddress, bool isConnected)
        : base(shard)
    {
        _fd = fd;
        _remoteAddress = remoteAddress;
        _handle = shard.Polls.Register(fd);
        if (isConnected)
        {
            CountOpened();
        }
    }

    /// <summary>
    /// The address on this side; null when it was never asked for before the connection was closed. The first reading is
    /// on the shard.
    /// </summary>
    /// <exception cref="InvalidOperationException">Read for the first time, and not on its shard.</exception>
    public IPEndPoint? LocalEndPoint
    {
        get
        {
            if (_localEndPoint is null && !_isClosed)
            {
                // While another thread looked, the descriptor could be closed and its number become somebody else's.
                Shard.VerifyAccess();
                NativeAddress address = default;
                Count(Sockets.LocalAddress(_fd, ref address));
                _localEndPoint = address.ToIPEndPoint();
            }

            return _localEndPoint;
        }
    }

    /// <summary>The peer's address. Stays readable after the connection has been closed.</summary>
    public IPEndPoint? RemoteEndPoint => _remoteEndPoint ??= _remoteAddress.ToIPEndPoint();

    /// <summary>Whether small segments are sent at once (TCP_NODELAY).</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public bool NoDelay
    {
        get => GetOption(LibC.IPPROTO_TCP, LibC.TCP_NODELAY) != 0;
        set => SetOption(LibC.IPPROTO_TCP, LibC.TCP_NODELAY, value ? 1 : 0);
    }

    /// <summary>Whether idle peers are asked now and then if they are still there (SO_KEEPALIVE).</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public bool KeepAlive
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE) != 0;
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, value ? 1 : 0);
    }

    /// <summary>The kernel's receive buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public int ReceiveBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF, value);
    }

    /// <summary>The kernel's send buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public int SendBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF, value);
    }

    /// <summary>Whether <see cref="Close"/> or <see cref="Abort"/> has been called, or the shard has stopped.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The peer's address, as messages show it.</summary>
    public override string ToString() => $"TCP connection with {RemoteEndPoint?.ToString() ?? "an unknown peer"}";

    private int GetOption(int level, int option)
    {
        VerifyUsable();
        return OrThrow("reading a socket option", Sockets.GetOption(_fd, level, option));
    }

    private void SetOption(int level, int option, int value)
    {
        VerifyUsable();
        OrThrow("setting a socket option", Sockets.SetOption(_fd, level, option, value));
    }

    private int OrThrow(string attempt, SysResult result) =>
        Count(result).IsError ? throw SocketErrors.From($"{attempt} of {this}", result.Errno) : result.Value;

    /// <summary>The check at every public door: on the right shard, and not closed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void VerifyUsable()
    {
        Shard.VerifyAccess();
        if (_isClosed)
        {
            ThrowClosed();
        }
    }

    [DoesNotReturn]
    private void ThrowClosed() => throw new ObjectDisposedException(nameof(TcpConnection), $"{this} is closed.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SysResult Count(SysResult result)
    {
        Shard.Counters.IoCalls++;
        return result;
    }

    private void CountOpened()
    {
        _isConnected = true;
        Shard.Counters.ConnectionsOpened++;
    }

    private static InvalidOperationException Busy(string what) =>
        new($"A {what} is pending on this connection already. Await it before you start the next: one {what} at a time.");

    /// <summary>What the two directions have in common: the connection, and the poll slot that they wait in.</summary>
    private abstract class Operation<TResult>(TcpConnection connection, PollDirection direction) : ShardOperation<TResult>(connection.Shard)
    {
        protected TcpConnection Connection { get; } = connection;

        protected void Arm() => Shard.Polls.Arm(Connection._handle, direction, this);

        protected sealed override void Abandon() => Shard.Polls.Abandon(Connection._handle, direction);
    }
}
