using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Listens on a Unix domain socket and hands out its connections. It belongs to the shard that made it, and so do the
/// connections. One accept may be pending at a time.
/// </summary>
/// <remarks>
/// The file of a socket that is bound to a path is removed when the listener is disposed or its shard stops, unless another
/// file stands there by then. If the process is killed it stays, and the next listener replaces it
/// (<see cref="UnixSocketFileOptions.ReplaceStale"/>).
/// </remarks>
public sealed class UnixConnectionListener : ConnectionListener<UnixConnection>
{
    private readonly UnixSocketFile? _file;
    private readonly UnixConnectionOptions _options;

    /// <summary>Takes over a socket that listens, and its file. If it throws, both are still the caller's.</summary>
    private UnixConnectionListener(Shard shard, int fd, UnixDomainSocketEndPoint localEndPoint, UnixSocketFile? file, UnixConnectionOptions options, bool isShared = false)
        : base(shard, fd, isShared)
    {
        LocalEndPoint = localEndPoint;
        _file = file;
        _options = options;
    }

    /// <summary>The path or the abstract name that it is bound to.</summary>
    public override UnixDomainSocketEndPoint LocalEndPoint { get; }

    /// <summary>Starts to listen on the current shard.</summary>
    /// <param name="endPoint">A path, or an abstract name if the first character is a zero.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    /// <exception cref="SocketException">
    /// A process listens there, or what stands at the path is no socket (both <see cref="SocketError.AddressAlreadyInUse"/>);
    /// the directory is not there, or permission lacks.
    /// </exception>
    public static UnixConnectionListener Listen(UnixDomainSocketEndPoint endPoint, UnixListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        options ??= new UnixListenerOptions();
        string attempt = $"listen on {endPoint}";
        Shard shard = Shard.OfCaller(attempt);
        int fd = ShardSocket.Check(attempt, shard, UnixSockets.Create(SocketType.Stream));
        UnixSocketFile? file = null;
        try
        {
            file = UnixSocketFile.Bind(attempt, shard, fd, endPoint, options.File);
            ShardSocket.Check(attempt, shard, Sockets.Listen(fd, options.Backlog));
            return new UnixConnectionListener(shard, fd, endPoint, file, options.Connection.Copy());
        }
        catch
        {
            file?.Remove();
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>
    /// Accepts on the current shard what comes in on a socket that somebody else has opened, as the service manager
    /// (<see cref="SystemdSockets"/>). Its file, if it has one, stays when the listener goes.
    /// </summary>
    /// <param name="handle">
    /// A Unix domain socket that listens. The listener takes a duplicate; it is not shut down with the listener, so that others
    /// who have the socket go on, and clients who have not been accepted wait for them. It does not block from then on.
    /// </param>
    /// <param name="options">Null for the defaults. Backlog and file are left as they are.</param>
    /// <exception cref="ArgumentException">It is no Unix domain socket that listens.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The handle is closed, or the shard stops.</exception>
    /// <exception cref="SocketException">No file descriptor is left.</exception>
    public static UnixConnectionListener Listen(SafeSocketHandle handle, UnixListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        string attempt = InheritedSocket.Attempt(handle);
        Shard shard = Shard.OfCaller(attempt);
        int fd = InheritedSocket.Duplicate(attempt, shard, handle);
        try
        {
            InheritedSocket.VerifyUnix(attempt, shard, fd);
            NativeUnixAddress address = default;
            ShardSocket.Check(attempt, shard, UnixSockets.LocalAddress(fd, ref address));
            UnixDomainSocketEndPoint endPoint = address.ToEndPoint() ?? throw new ArgumentException($"{attempt}: it has no address, so that nobody can connect to it.");
            return new UnixConnectionListener(shard, fd, endPoint, null, (options ?? new UnixListenerOptions()).Connection.Copy(), isShared: true);
        }
        catch
        {
            FileDescriptor.Close(fd);
            throw;
        }
    }

    /// <summary>The bound address, as messages show it.</summary>
    public override string ToString() => $"Unix listener on {LocalEndPoint}";

    internal override UnixConnection Connect(Shard shard, AcceptedSocket socket) => new(shard, socket.Fd, LocalEndPoint, socket.UnixPeer);

    /// <remarks>What is set on the listener, its connections do not inherit.</remarks>
    private protected override SysResult Accept(int fd, out AcceptedSocket socket)
    {
        NativeUnixAddress peer = default;
        SysResult result = UnixSockets.Accept(fd, ref peer);
        socket = new AcceptedSocket(result.Value, peer.ToEndPoint());
        if (!result.IsError)
        {
            _options.ApplyTo(result.Value);
        }

        return result;
    }

    /// <remarks>While the socket is open, no other file can be taken for its own.</remarks>
    private protected override void OnClosing() => _file?.Remove();
}
