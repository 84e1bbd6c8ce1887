using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// A UDP socket that belongs to one shard: bound, to exchange datagrams with anybody, or connected to one peer. At a time
/// one receive and one send may be pending, of single datagrams or of batches; a second of its kind throws
/// <see cref="InvalidOperationException"/> at once. Everything except <see cref="ShardObject.Shard"/> and the endpoints is
/// used on its shard only.
/// </summary>
/// <remarks>
/// <para>
/// Awaits resume on the shard and allocate nothing; nor do addresses, which are values. A <see cref="ValueTask"/> that an
/// operation returns is awaited once, and on the shard. A buffer or batch given to an operation belongs to the operation
/// until its await has ended.
/// </para>
/// <para>
/// What ICMP answers to a datagram comes to a connected socket once, as the failure of the next receive or send, mostly
/// <see cref="System.Net.Sockets.SocketError.ConnectionRefused"/>; the socket stays good, and the same call may be made
/// again. A send that fails in this way has not sent its datagram. An unconnected socket is not told, as everywhere on
/// Linux: that one peer has gone must not disturb the traffic with the others.
/// </para>
/// </remarks>
public sealed partial class UdpSocket : ShardObject, IDisposable
{
    private readonly int _fd;
    private readonly int _handle;
    private readonly NativeAddress _local;
    private readonly NativeAddress _remote;
    private readonly bool _isIPv6;

    // Not every datagram comes in on the bound address, so that the kernel tells on which.
    private readonly bool _asksForLocal;
    private IPEndPoint? _localEndPoint;
    private IPEndPoint? _remoteEndPoint;
    private bool _isClosed;

    /// <summary>Takes over the socket. If it throws, the socket is still the caller's to close.</summary>
    /// <param name="shard">Whose it will be; on it.</param>
    /// <param name="socket">Bound, and perhaps connected.</param>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal UdpSocket(Shard shard, in OpenedUdpSocket socket)
        : base(shard)
    {
        _fd = socket.Fd;
        _local = socket.Local;
        _remote = socket.Remote;
        _isIPv6 = _local.IsIPv6;
        _asksForLocal = socket.AsksForLocal;
        _handle = shard.Polls.Register(_fd);
    }

    /// <summary>The address that it is bound to, with the port that the kernel chose if port 0 was asked for. Stays readable after the socket has been closed.</summary>
    public IPEndPoint LocalEndPoint => _localEndPoint ??= _local.ToIPEndPoint()!;

    /// <summary>The peer that it is connected to; null for a bound one. Stays readable after the socket has been closed.</summary>
    public IPEndPoint? RemoteEndPoint => _remoteEndPoint ??= _remote.ToIPEndPoint();

    /// <summary>Whether the socket has been disposed, or its shard has stopped.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The kernel's receive buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public int ReceiveBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF, value);
    }

    /// <summary>The kernel's send buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public int SendBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF, value);
    }

    /// <summary>
    /// Closes the socket. A pending receive or send ends with <see cref="System.Net.Sockets.SocketError.OperationAborted"/>;
    /// datagrams that nobody has received are lost. A second call does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    public void Dispose()
    {
        // Before the check, so that disposing what a stopped shard has closed is no error, wherever it happens.
        if (_isClosed)
        {
            return;
        }

        Shard.VerifyAccess();
        _isClosed = true;
        Shard.Disown(this);
        if (_receive is { IsBusy: true })
        {
            _receive.Abort(SocketErrors.Aborted($"receive on {this}"));
        }

        if (_batchReceive is { IsBusy: true })
        {
            _batchReceive.Abort(SocketErrors.Aborted($"receive on {this}"));
        }

        if (_send is { IsBusy: true })
        {
            _send.Abort(SocketErrors.Aborted($"send on {this}"));
        }

        // Not the reset: that would dissolve a connected socket's connection, and no poll would complete.
        Shard.Polls.Close(_handle, CloseMode.Graceful);
    }

    /// <summary>The addresses, as messages show them.</summary>
    public override string ToString() => $"UDP socket on {LocalEndPoint}{(RemoteEndPoint is { } remote ? $" to {remote}" : "")}";

    internal override void AbortAtStop() => Dispose();

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
    private void ThrowClosed() => throw new ObjectDisposedException(nameof(UdpSocket), $"{this} is closed.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SysResult Count(SysResult result)
    {
        Shard.Counters.IoCalls++;
        return result;
    }

    private static InvalidOperationException Busy(string what) =>
        new($"A {what} is pending on this socket already. Await it before you start the next: one {what} at a time.");
}
