using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

/// <summary>A connection between Unix domain sockets, on this machine, that belongs to one shard.</summary>
/// <remarks>
/// <inheritdoc/>
/// <para>
/// Unix domain sockets know no reset. After <see cref="StreamConnection.Abort"/> the peer receives what was sent before, and
/// then the end, as after <see cref="StreamConnection.Close"/>; only if there was something that it had sent and that was
/// not received here, it sees a reset connection instead of the end. Who has to tell a broken transfer from a complete one
/// needs a protocol that says how long it is. <see cref="StreamConnection.LocalEndPoint"/> and
/// <see cref="StreamConnection.RemoteEndPoint"/> are null for a side without a name, as most clients are.
/// </para>
/// </remarks>
public sealed class UnixConnection : StreamConnection
{
    /// <summary>Takes over a socket that is connected. If it throws, the socket is still the caller's to close.</summary>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    internal UnixConnection(Shard shard, int fd, UnixDomainSocketEndPoint? localEndPoint, UnixDomainSocketEndPoint? remoteEndPoint)
        : base(shard, fd, isConnected: true)
    {
        LocalEndPoint = localEndPoint;
        RemoteEndPoint = remoteEndPoint;
    }

    /// <summary>The name on this side: for a connection that was accepted, the listener's. Null if it has none. Safe on any thread.</summary>
    public override UnixDomainSocketEndPoint? LocalEndPoint { get; }

    /// <summary>The peer's name: for a connection that was made here, what it was connected to. Null if it has none. Safe on any thread.</summary>
    public override UnixDomainSocketEndPoint? RemoteEndPoint { get; }

    /// <summary>
    /// Who the peer was when it connected, or, if it was connected to, when it began to listen. For a pair, who made that.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public UnixCredentials PeerCredentials
    {
        get
        {
            VerifyUsable();
            OrThrow("asking for the peer's credentials", UnixSockets.PeerCredentials(Fd, out ucred credentials));
            return new UnixCredentials(credentials.pid, credentials.uid, credentials.gid);
        }
    }

    /// <summary>Makes two connections of the current shard that are connected with each other (socketpair). Neither has a name.</summary>
    /// <param name="options">How both sockets are set; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops.</exception>
    /// <exception cref="SocketException">No file descriptor or memory left.</exception>
    public static (UnixConnection First, UnixConnection Second) CreatePair(UnixConnectionOptions? options = null)
    {
        options ??= new UnixConnectionOptions();
        (Shard shard, int first, int second) = UnixPair.Create("make a pair of Unix connections", SocketType.Stream, options.ApplyTo);
        return (new UnixConnection(shard, first, null, null), new UnixConnection(shard, second, null, null));
    }

    /// <summary>The peer's name, or else the listener's, as messages show it.</summary>
    public override string ToString() => (LocalEndPoint, RemoteEndPoint) switch
    {
        (_, { } remote) => $"Unix connection with {remote}",
        ({ } local, null) => $"Unix connection accepted on {local}",
        _ => "Unix connection of a pair",
    };
}
