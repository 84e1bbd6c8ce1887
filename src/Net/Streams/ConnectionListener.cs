using System.Diagnostics.CodeAnalysis;
using System.Net;
using Reactor.Kernel;
using Reactor.Polling;

namespace Reactor.Net;

/// <summary>
/// Listens on an address and hands out the connections that come in. It belongs to the shard that made it, and so do the
/// connections. One accept may be pending at a time.
/// </summary>
/// <typeparam name="TConnection">What comes in: a <see cref="TcpConnection"/> or a <see cref="UnixConnection"/>.</typeparam>
public abstract partial class ConnectionListener<TConnection> : ShardObject, IDisposable
    where TConnection : StreamConnection
{
    private readonly int _fd;
    private readonly int _handle;
    private readonly CloseMode _closeMode;
    private bool _isClosed;

    /// <summary>Takes over a socket that listens.</summary>
    /// <param name="shard">Whose it will be; on it.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="isShared">Others have it too, and are to have it when this is closed: so it is not shut down.</param>
    private protected ConnectionListener(Shard shard, int fd, bool isShared = false)
        : base(shard)
    {
        _fd = fd;
        _closeMode = isShared ? CloseMode.Cancel : CloseMode.Graceful;
        _endOfConnections = EndOfConnections();
        _handle = shard.Polls.Register(fd);
    }

    /// <summary>The address that it is bound to; where the kernel was to choose, what it chose.</summary>
    public abstract EndPoint LocalEndPoint { get; }

    /// <summary>Whether the listener has been disposed, or its shard has stopped.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>
    /// Stops listening. Connections that wait to be accepted are reset by the kernel, unless others have the socket too; those
    /// handed out live on. A second call does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    [SuppressMessage("Usage", "CA1816", Justification = "Only this assembly can derive from it, and nothing here has a finalizer.")]
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
        if (_accept is { IsBusy: true })
        {
            _accept.Abort(SocketErrors.Aborted($"accept on {LocalEndPoint}"));
        }

        if (_wait is { IsBusy: true })
        {
            _wait.Abort(SocketErrors.Aborted($"accept on {LocalEndPoint}"));
        }

        OnClosing();
        Shard.Polls.Close(_handle, _closeMode);
    }

    /// <summary>Makes a connection of the current shard of what this has accepted. If it throws, the socket is still the caller's to close.</summary>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal abstract TConnection Connect(Shard shard, AcceptedSocket socket);

    internal override void AbortAtStop() => Dispose();

    /// <summary>Takes one connection from the backlog; one system call.</summary>
    private protected abstract SysResult Accept(int fd, out AcceptedSocket socket);

    /// <summary>Nobody is to come in any more; the socket still listens.</summary>
    private protected virtual void OnClosing()
    {
    }
}
