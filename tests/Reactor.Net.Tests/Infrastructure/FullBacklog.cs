using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>A listener whose backlog is full: what connects to it waits for the answer to its SYN.</summary>
internal sealed class FullBacklog : IDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _sockets = [];

    internal FullBacklog()
        : this(IPAddress.Loopback)
    {
    }

    internal FullBacklog(IPAddress address)
    {
        var any = new IPEndPoint(address, 0);
        _listener = Peers.Create(any);
        _listener.Bind(any);
        _listener.Listen(0);
        Socket filler = Peers.Create(EndPoint);
        _sockets.Add(filler);
        filler.Connect(EndPoint);
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    internal void AcceptAll()
    {
        while (_listener.Poll(0, SelectMode.SelectRead))
        {
            _sockets.Add(_listener.Accept());
        }
    }

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }
}
