using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>A Unix connection of the current shard, and the plain socket at its other end.</summary>
internal sealed class UnixPair : IDisposable
{
    private UnixPair(UnixConnection ours, Socket peer)
    {
        Ours = ours;
        Peer = peer;
    }

    internal UnixConnection Ours { get; }

    internal Socket Peer { get; }

    /// <summary>Ours is the accepted side.</summary>
    internal static async Task<UnixPair> AcceptAsync(UnixDomainSocketEndPoint? endPoint = null, UnixListenerOptions? options = null)
    {
        using UnixConnectionListener listener = UnixConnectionListener.Listen(endPoint ?? UnixPeers.AnyAbstractName(), options);
        Socket peer = UnixPeers.Connect(listener.LocalEndPoint);
        return new UnixPair(await listener.AcceptAsync(), peer);
    }

    /// <summary>Ours is the connecting side.</summary>
    internal static async Task<UnixPair> ConnectAsync(UnixDomainSocketEndPoint? endPoint = null, UnixConnectionOptions? options = null)
    {
        endPoint ??= UnixPeers.AnyAbstractName();
        using Socket listener = UnixPeers.Listen(endPoint);
        UnixConnection ours = await UnixConnector.ConnectAsync(endPoint, options);
        return new UnixPair(ours, await listener.AcceptAsync());
    }

    /// <summary>Ours can have little on its way, so that a send is soon pending.</summary>
    internal static Task<UnixPair> AcceptNarrowAsync() => AcceptAsync(options: new UnixListenerOptions { Connection = { SendBufferSize = 4_096 } });

    public void Dispose()
    {
        Ours.Dispose();
        Peer.Dispose();
    }
}
