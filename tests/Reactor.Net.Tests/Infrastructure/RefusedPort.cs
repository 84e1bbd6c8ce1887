using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Tests;

/// <summary>One port, on one or several addresses, that is taken and on which nobody listens: what connects to it is refused.</summary>
internal sealed class RefusedPort : IDisposable
{
    private readonly List<Socket> _holders = [];

    internal RefusedPort(params IPAddress[] addresses)
    {
        foreach (IPAddress address in addresses.DefaultIfEmpty(IPAddress.Loopback))
        {
            var wanted = new IPEndPoint(address, _holders.Count == 0 ? 0 : Port);
            Socket holder = Peers.Create(wanted);
            _holders.Add(holder);
            holder.Bind(wanted);
        }
    }

    internal int Port => EndPoint.Port;

    internal IPEndPoint EndPoint => (IPEndPoint)_holders[0].LocalEndPoint!;

    public void Dispose() => _holders.ForEach(holder => holder.Dispose());
}
