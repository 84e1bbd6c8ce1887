using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>A connection of the current shard, and the plain socket at its other end.</summary>
internal sealed class Pair : IDisposable
{
    private Pair(TcpConnection ours, Socket peer)
    {
        Ours = ours;
        Peer = peer;
    }

    internal TcpConnection Ours { get; }

    internal Socket Peer { get; }

    /// <summary>Ours is the accepted side.</summary>
    internal static async Task<Pair> AcceptAsync(TcpListenerOptions? options = null, IPEndPoint? endPoint = null, Action<Socket>? configurePeer = null, Func<IPEndPoint, IPEndPoint>? connectTo = null)
    {
        using TcpConnectionListener listener = TcpConnectionListener.Listen(endPoint ?? Peers.AnyLoopbackPort, options);
        ValueTask<TcpConnection> accepting = listener.AcceptAsync();
        Socket peer = await Peers.ConnectAsync(connectTo?.Invoke(listener.LocalEndPoint) ?? listener.LocalEndPoint, configurePeer);
        return new Pair(await accepting, peer);
    }

    /// <summary>Ours is the connecting side.</summary>
    internal static async Task<Pair> ConnectAsync(TcpConnectionOptions? options = null)
    {
        using Socket listener = Peers.Create(Peers.AnyLoopbackPort);
        listener.Bind(Peers.AnyLoopbackPort);
        listener.Listen();
        TcpConnection ours = await TcpConnector.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, options);
        return new Pair(ours, await listener.AcceptAsync());
    }

    /// <summary>A pair that holds little in flight, so that a send is soon pending.</summary>
    internal static Task<Pair> AcceptNarrowAsync() => AcceptAsync(
        new TcpListenerOptions { Connection = { SendBufferSize = 4_096 } },
        configurePeer: static peer => peer.ReceiveBufferSize = 4_096);

    public void Dispose()
    {
        Ours.Dispose();
        Peer.Dispose();
    }
}
