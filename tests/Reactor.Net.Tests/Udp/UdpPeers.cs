using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Reactor.Net.Tests.Udp;

/// <summary>The other side of a UDP socket: plain sockets, served by .NET's own threads.</summary>
internal static class UdpPeers
{
    private static readonly Lazy<IPEndPoint?> s_silentNeighbour = new(FindSilentNeighbour);

    internal static readonly IPEndPoint AnyLoopbackPort = new(IPAddress.Loopback, 0);
    internal static readonly IPEndPoint AnyLoopbackPortV6 = new(IPAddress.IPv6Loopback, 0);

    /// <summary>
    /// A neighbour that does not answer ARP. What is sent there stays in the sender's buffer until the kernel gives up after
    /// three seconds: the one way to see a full send buffer, because loopback takes everything at once. Null where there is
    /// no network.
    /// </summary>
    internal static IPEndPoint? SilentNeighbour => s_silentNeighbour.Value;

    internal static Socket Bind(IPAddress? address = null, int port = 0)
    {
        address ??= IPAddress.Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, port));
        socket.ReceiveTimeout = (int)Eventually.Patience.TotalMilliseconds;
        return socket;
    }

    internal static IPEndPoint Address(this Socket peer) => (IPEndPoint)peer.LocalEndPoint!;

    /// <summary>A port of this machine on which nobody listens.</summary>
    internal static IPEndPoint Closed(IPAddress? address = null)
    {
        using Socket gone = Bind(address);
        return gone.Address();
    }

    internal static async Task<(byte[] Bytes, IPEndPoint From)> ReceiveOneAsync(this Socket peer)
    {
        byte[] buffer = new byte[65_536];
        SocketReceiveFromResult result = await peer.ReceiveFromAsync(buffer, new IPEndPoint(peer.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0)).WaitAsync(Eventually.Promptly);
        return (buffer[..result.ReceivedBytes], (IPEndPoint)result.RemoteEndPoint);
    }

    internal static IPEndPoint At(this IPEndPoint endPoint, string address) => new(IPAddress.Parse(address), endPoint.Port);

    private static IPEndPoint? FindSilentNeighbour()
    {
        foreach (NetworkInterface network in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (network.NetworkInterfaceType == NetworkInterfaceType.Loopback || network.OperationalStatus != OperationalStatus.Up)
            {
                continue;
            }

            foreach (UnicastIPAddressInformation own in network.GetIPProperties().UnicastAddresses)
            {
                if (own.Address.AddressFamily == AddressFamily.InterNetwork && own.PrefixLength <= 24)
                {
                    byte[] bytes = own.Address.GetAddressBytes();
                    for (byte last = 201; last < 210; last++)
                    {
                        bytes[3] = last;
                        var candidate = new IPEndPoint(new IPAddress(bytes), 9);
                        if (!candidate.Address.Equals(own.Address) && Blocks(candidate))
                        {
                            return candidate;
                        }
                    }
                }
            }
        }

        return null;
    }

    private static bool Blocks(IPEndPoint candidate)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false, SendBufferSize = 1 };
        try
        {
            for (int i = 0; i < 100; i++)
            {
                socket.SendTo(new byte[500], candidate);
            }

            return false;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.WouldBlock;
        }
    }
}
