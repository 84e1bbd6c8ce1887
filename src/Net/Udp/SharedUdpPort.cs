using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;

namespace Reactor.Net;

/// <summary>
/// Sockets on one UDP port before the shards have them, over which the kernel spreads datagrams. All are opened in one go,
/// either all or none. What no shard has taken, <see cref="Dispose"/> closes.
/// </summary>
internal sealed class SharedUdpPort : IDisposable
{
    private readonly OpenedUdpSocket?[] _sockets;

    private SharedUdpPort(int count) => _sockets = new OpenedUdpSocket?[count];

    /// <summary>The address that all are bound to, with the port that the kernel chose if port 0 was asked for.</summary>
    internal IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>The first learns for certain that nobody else has the port; only then the others join it.</summary>
    /// <param name="shard">The current shard, which counts the system calls.</param>
    /// <param name="endPoint">Address and port; port 0 lets the kernel choose.</param>
    /// <param name="options">How each of them is set.</param>
    /// <param name="count">How many share the port.</param>
    /// <exception cref="SocketException">The port is taken, the address is not of this machine, or permission lacks.</exception>
    internal static SharedUdpPort Open(Shard shard, IPEndPoint endPoint, UdpOptions options, int count)
    {
        var port = new SharedUdpPort(count);
        try
        {
            OpenedUdpSocket first = OpenedUdpSocket.Bind(shard, endPoint, options, count > 1 ? PortSharing.Claim : PortSharing.None);
            port._sockets[0] = first;
            port.EndPoint = first.Local.ToIPEndPoint()!;
            for (int i = 1; i < count; i++)
            {
                port._sockets[i] = OpenedUdpSocket.Bind(shard, port.EndPoint, options, PortSharing.Join);
            }

            return port;
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <summary>Makes one of them a socket of the current shard.</summary>
    internal UdpSocket Take(int index, Shard shard)
    {
        OpenedUdpSocket socket = _sockets[index]!.Value;
        _sockets[index] = null;
        return UdpSocket.Own(shard, socket);
    }

    public void Dispose()
    {
        foreach (OpenedUdpSocket? socket in _sockets)
        {
            if (socket is { } left)
            {
                FileDescriptor.Close(left.Fd);
            }
        }

        Array.Clear(_sockets);
    }
}
