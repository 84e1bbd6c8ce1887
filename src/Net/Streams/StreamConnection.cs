using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// A connection over which bytes stream both ways, and which belongs to one shard: a <see cref="TcpConnection"/> or a
/// <see cref="UnixConnection"/>. At a time one receive and one send may be pending; a second of its kind throws
/// <see cref="InvalidOperationException"/> at once. Everything except <see cref="ShardObject.Shard"/> and the endpoints is
/// used on its shard only.
/// </summary>
/// <remarks>
/// Awaits resume on the shard and allocate nothing. A <see cref="ValueTask"/> that an operation returns is awaited once,
/// and on the shard. A buffer given to an operation belongs to the operation until its await has ended.
/// </remarks>
public abstract partial class StreamConnection : ShardObject, IDisposable
{
    private readonly int _fd;
    private readonly int _handle;
    private bool _isConnected;
    private Use _use;

    /// <summary>Who receives and sends.</summary>
    private enum Use : byte
    {
        /// <summary>Callers of the connection itself.</summary>
        Direct,

        /// <summary>The pipe that the connection has become.</summary>
        Pipe,

        /// <summary>TLS alone.</summary>
        Tls,

        /// <summary>Nobody any more.</summary>
        Closed,
    }

    /// <summary>Takes over the socket. If it throws, the socket is still the caller's to close.</summary>
    /// <param name="shard">Whose it will be; on it.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="isConnected">False for one that has yet to connect.</param>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    private protected StreamConnection(Shard shard, int fd, bool isConnected)
        : base(shard)
    {
        _fd = fd;
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
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address; null for a peer without a name. Stays readable after the connection has been closed.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>The kernel's receive buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public int ReceiveBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF, value);
    }

    /// <summary>The kernel's send buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public int SendBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF, value);
    }

    /// <summary>Whether <see cref="Close"/> or <see cref="Abort"/> has been called, or the shard has stopped.</summary>
    public bool IsClosed => _use == Use.Closed;

    /// <summary>The socket. Its number is somebody else's once the connection is closed.</summary>
    internal int Fd => _fd;

    /// <summary>The socket's entry in the shard's table.</summary>
    internal int Handle => _handle;

    private protected int GetOption(int level, int option)
    {
        VerifyUsable();
        return OrThrow("reading a socket option", Sockets.GetOption(_fd, level, option));
    }

    private protected void SetOption(int level, int option, int value)
    {
        VerifyUsable();
        OrThrow("setting a socket option", Sockets.SetOption(_fd, level, option, value));
    }

    private protected int OrThrow(string attempt, SysResult result) =>
        Count(result).IsError ? throw SocketErrors.From($"{attempt} of {this}", result.Errno) : result.Value;

    /// <summary>The check at every public door: on the right shard, and not closed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void VerifyUsable()
    {
        Shard.VerifyAccess();
        ThrowIfClosed();
    }

    /// <summary>The same for what receives or sends, which a pipe does alone.</summary>
    /// <remarks>Hot path: no more than <see cref="VerifyUsable"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void VerifyDirect()
    {
        Shard.VerifyAccess();
        if (_use != Use.Direct)
        {
            VerifyTlsCall();
        }
    }

    /// <summary>Neither closed nor a pipe; and within TLS nobody else sends or receives.</summary>
    private void VerifyTlsCall()
    {
        ThrowIfClosed();
        if (_use == Use.Tls)
        {
            if (_isTlsCall)
            {
                return;
            }

            throw new InvalidOperationException($"{this} speaks TLS: read and write through {nameof(AsStream)}(), or what is sent would go out in the clear.");
        }

        throw new InvalidOperationException($"{this} has been made a pipe: receive and send through its {nameof(ConnectionPipe.Input)} and {nameof(ConnectionPipe.Output)}.");
    }

    [DoesNotReturn]
    private void ThrowClosed() => throw new ObjectDisposedException(GetType().Name, $"{this} is closed.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected SysResult Count(SysResult result)
    {
        Shard.Counters.IoCalls++;
        return result;
    }

    private protected void CountOpened()
    {
        _isConnected = true;
        Shard.Counters.ConnectionsOpened++;
    }

    private static InvalidOperationException Busy(string what) =>
        new($"A {what} is pending on this connection already. Await it before you start the next: one {what} at a time.");
}
