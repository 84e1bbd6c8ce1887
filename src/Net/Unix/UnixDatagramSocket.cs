using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Reactor.Kernel;
using Reactor.Polling;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>
/// A Unix domain socket for datagrams, on this machine. Nothing is lost, doubled or reordered on the way: who sends to a
/// receiver whose queue is full waits. It belongs to the shard that made it; at a time one receive and one send may be
/// pending.
/// </summary>
/// <remarks>
/// <para>
/// Awaits resume on the shard and allocate nothing, as long as datagrams come from one sender and go to one endpoint object.
/// A <see cref="ValueTask"/> that an operation returns is awaited once, and on the shard.
/// </para>
/// <para>
/// The file of a socket that is bound to a path is removed when the socket is disposed or its shard stops, unless another
/// file stands there by then.
/// </para>
/// </remarks>
public sealed partial class UnixDatagramSocket : ShardObject, IDisposable
{
    private readonly int _fd;
    private readonly int _handle;
    private readonly UnixSocketFile? _file;
    private bool _isClosed;

    /// <summary>Takes over a socket, and its file. If it throws, both are still the caller's.</summary>
    private UnixDatagramSocket(Shard shard, int fd, UnixDomainSocketEndPoint? localEndPoint, UnixSocketFile? file)
        : base(shard)
    {
        _fd = fd;
        LocalEndPoint = localEndPoint;
        _file = file;
        _handle = shard.Polls.Register(fd);
    }

    /// <summary>The name that others send to; null if it has none. Safe on any thread.</summary>
    public UnixDomainSocketEndPoint? LocalEndPoint { get; }

    /// <summary>What the socket was connected to last; null if it never was, and for one of a pair.</summary>
    public UnixDomainSocketEndPoint? RemoteEndPoint { get; private set; }

    /// <summary>Whether the socket has been disposed, or its shard has stopped.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The kernel's send buffer in bytes; reads back twice what was set, as the kernel counts its book-keeping.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public int SendBufferSize
    {
        get => OrThrow("reading a socket option", Sockets.GetOption(UsableFd, LibC.SOL_SOCKET, LibC.SO_SNDBUF));
        set => OrThrow("setting a socket option", Sockets.SetOption(UsableFd, LibC.SOL_SOCKET, LibC.SO_SNDBUF, value));
    }

    /// <summary>Makes a socket of the current shard with a name, to which others can send.</summary>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero; null for an abstract name that the kernel chooses.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    /// <exception cref="SocketException">
    /// A process has the name, or what stands at the path is no socket (both <see cref="SocketError.AddressAlreadyInUse"/>);
    /// the directory is not there, or permission lacks.
    /// </exception>
    public static UnixDatagramSocket Bind(UnixDomainSocketEndPoint? endPoint = null, UnixDatagramOptions? options = null)
    {
        string attempt = $"bind a datagram socket to {endPoint?.ToString() ?? "any name"}";
        Shard shard = Shard.OfCaller(attempt);
        options ??= new UnixDatagramOptions();
        int fd = ShardSocket.Check(attempt, shard, UnixSockets.Create(SocketType.Dgram));
        UnixSocketFile? file = null;
        try
        {
            ShardSocket.Check(attempt, shard, options.ApplyTo(fd));
            if (endPoint is null)
            {
                endPoint = BindToAnyName(attempt, shard, fd);
            }
            else
            {
                file = UnixSocketFile.Bind(attempt, shard, fd, endPoint, options.File);
            }

            return new UnixDatagramSocket(shard, fd, endPoint, file);
        }
        catch
        {
            file?.Remove();
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>Makes a socket of the current shard without a name: to send, and not to be answered.</summary>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    /// <exception cref="SocketException">No file descriptor or memory left.</exception>
    public static UnixDatagramSocket Create(UnixDatagramOptions? options = null)
    {
        const string Attempt = "make a Unix datagram socket";
        Shard shard = Shard.OfCaller(Attempt);
        int fd = ShardSocket.Check(Attempt, shard, UnixSockets.Create(SocketType.Dgram));
        try
        {
            ShardSocket.Check(Attempt, shard, (options ?? new UnixDatagramOptions()).ApplyTo(fd));
            return new UnixDatagramSocket(shard, fd, null, null);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>Makes two sockets of the current shard that are connected with each other (socketpair). Neither has a name.</summary>
    /// <param name="options">How both are set; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    /// <exception cref="SocketException">No file descriptor or memory left.</exception>
    public static (UnixDatagramSocket First, UnixDatagramSocket Second) CreatePair(UnixDatagramOptions? options = null)
    {
        options ??= new UnixDatagramOptions();
        (Shard shard, int first, int second) = UnixPair.Create("make a pair of Unix datagram sockets", SocketType.Dgram, options.ApplyTo);
        return (new UnixDatagramSocket(shard, first, null, null), new UnixDatagramSocket(shard, second, null, null));
    }

    /// <summary>
    /// Sends to one socket from now on, and receives from that one only. Others can no longer send to this one: they are told
    /// <see cref="SocketError.AccessDenied"/>.
    /// </summary>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero.</param>
    /// <exception cref="InvalidOperationException">Not on its shard, or a send is pending.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">
    /// There is no such file (<see cref="SocketError.AddressNotAvailable"/>), nobody has the name
    /// (<see cref="SocketError.ConnectionRefused"/>), or permission lacks (<see cref="SocketError.AccessDenied"/>).
    /// </exception>
    public void Connect(UnixDomainSocketEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        VerifySendable();
        SysResult result = Count(UnixSockets.Connect(_fd, NativeUnixAddress.From(endPoint)));
        if (result.IsError)
        {
            throw UnixErrors.OfReaching($"connect {this} to {endPoint}", result.Errno);
        }

        RemoteEndPoint = endPoint;
    }

    /// <summary>
    /// Closes the socket. What it has sent still arrives; what it has not received is lost. A pending receive or send ends
    /// with <see cref="SocketError.OperationAborted"/>. A second call does nothing.
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

        if (_send is { IsBusy: true })
        {
            _send.Abort(SocketErrors.Aborted($"send on {this}"));
        }

        _file?.Remove();
        Shard.Polls.Close(_handle, CloseMode.Graceful);
    }

    /// <summary>The socket's name, as messages show it.</summary>
    public override string ToString() => LocalEndPoint is null ? "Unix datagram socket without a name" : $"Unix datagram socket {LocalEndPoint}";

    internal override void AbortAtStop() => Dispose();

    private static UnixDomainSocketEndPoint? BindToAnyName(string attempt, Shard shard, int fd)
    {
        ShardSocket.Check(attempt, shard, UnixSockets.Bind(fd, NativeUnixAddress.Unnamed));
        NativeUnixAddress address = default;
        ShardSocket.Check(attempt, shard, UnixSockets.LocalAddress(fd, ref address));
        return address.ToEndPoint();
    }

    private int UsableFd
    {
        get
        {
            VerifyUsable();
            return _fd;
        }
    }

    private int OrThrow(string attempt, SysResult result) =>
        Count(result).IsError ? throw SocketErrors.From($"{attempt} of {this}", result.Errno) : result.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SysResult Count(SysResult result)
    {
        Shard.Counters.IoCalls++;
        return result;
    }

    private void VerifyUsable()
    {
        Shard.VerifyAccess();
        ObjectDisposedException.ThrowIf(_isClosed, this);
    }

    private InvalidOperationException Busy(string what) =>
        new($"A {what} is pending on {this} already. Await it before you start the next: one {what} at a time.");
}
