using System.Net;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>A TCP connection that belongs to one shard.</summary>
/// <remarks><inheritdoc/></remarks>
public sealed partial class TcpConnection : StreamConnection
{
    private NativeAddress _remoteAddress;
    private IPEndPoint? _localEndPoint;
    private IPEndPoint? _remoteEndPoint;

    /// <summary>Takes over the socket. If it throws, the socket is still the caller's to close.</summary>
    /// <param name="shard">Whose it will be; on it.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="remoteAddress">The peer's.</param>
    /// <param name="isConnected">False before <see cref="ConnectAsync"/>.</param>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal TcpConnection(Shard shard, int fd, NativeAddress remoteAddress, bool isConnected)
        : base(shard, fd, isConnected) => _remoteAddress = remoteAddress;

    /// <inheritdoc/>
    public override IPEndPoint? LocalEndPoint
    {
        get
        {
            if (_localEndPoint is null && !IsClosed)
            {
                // While another thread looked, the descriptor could be closed and its number become somebody else's.
                Shard.VerifyAccess();
                NativeAddress address = default;
                Count(Sockets.LocalAddress(Fd, ref address));
                _localEndPoint = address.ToIPEndPoint();
            }

            return _localEndPoint;
        }
    }

    /// <inheritdoc/>
    public override IPEndPoint? RemoteEndPoint => _remoteEndPoint ??= _remoteAddress.ToIPEndPoint();

    /// <summary>
    /// Who is served: the client that the proxy speaks for, if the connection has a <see cref="StreamConnection.ProxyHeader"/>
    /// that tells its IP address, and else the peer. <see cref="RemoteEndPoint"/> is the peer in any case.
    /// </summary>
    public IPEndPoint? ClientEndPoint => ProxyHeader?.Source ?? RemoteEndPoint;

    /// <summary>The peer's address, as messages show it.</summary>
    public override string ToString() => $"TCP connection with {RemoteEndPoint?.ToString() ?? "an unknown peer"}";

    private protected override void AbortConnect()
    {
        if (_connect is { IsBusy: true })
        {
            _connect.Abort(SocketErrors.Aborted($"connect of {this}"));
        }
    }
}
