using System.Net;
using System.Net.Sockets;
using Reactor.Kernel;
using Tmds.Linux;

namespace Reactor.Net;

// Groups. An IPv6 socket in dual mode takes those of IPv4 too, and keeps settings for each family: both are set here.
public sealed partial class UdpSocket
{
    /// <summary>
    /// How many routers a datagram to a group may pass (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS): 1, the kernel's default, keeps
    /// it in the network, 0 on this machine; at most 255.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">Set to what the kernel does not take.</exception>
    public int MulticastTimeToLive
    {
        get => _isIPv6 ? GetOption(LibC.IPPROTO_IPV6, LibC.IPV6_MULTICAST_HOPS) : GetOption(LibC.IPPROTO_IP, LibC.IP_MULTICAST_TTL);
        set => SetForBoth(LibC.IP_MULTICAST_TTL, LibC.IPV6_MULTICAST_HOPS, value);
    }

    /// <summary>Whether datagrams to a group reach the sockets of this machine that have joined it (IP_MULTICAST_LOOP). True by the kernel's default.</summary>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public bool MulticastLoopback
    {
        get => (_isIPv6 ? GetOption(LibC.IPPROTO_IPV6, LibC.IPV6_MULTICAST_LOOP) : GetOption(LibC.IPPROTO_IP, LibC.IP_MULTICAST_LOOP)) != 0;
        set => SetForBoth(LibC.IP_MULTICAST_LOOP, LibC.IPV6_MULTICAST_LOOP, value ? 1 : 0);
    }

    /// <summary>Joins a group, so that datagrams to it come to this socket, which has its port.</summary>
    /// <param name="group">A multicast address; on an IPv6 socket of either family.</param>
    /// <param name="interfaceIndex">The number of the interface on which to join; 0 for the one that the routes choose.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">No multicast address, no such interface, or a group that it has joined already (<see cref="SocketError.AddressAlreadyInUse"/>).</exception>
    public void JoinGroup(IPAddress group, int interfaceIndex = 0) => SetMembership(group, interfaceIndex, isMember: true);

    /// <summary>Leaves a group; the arguments are those with which it was joined. Closing the socket leaves all.</summary>
    /// <param name="group">The group.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">It is no member there (<see cref="SocketError.AddressNotAvailable"/>).</exception>
    public void LeaveGroup(IPAddress group, int interfaceIndex = 0) => SetMembership(group, interfaceIndex, isMember: false);

    /// <summary>Chooses the interface that datagrams to groups leave by (IP_MULTICAST_IF).</summary>
    /// <param name="interfaceIndex">Its number; 0 lets the routes choose.</param>
    /// <exception cref="InvalidOperationException">Not on its shard.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">There is no such interface.</exception>
    public void SetMulticastInterface(int interfaceIndex)
    {
        VerifyUsable();
        string attempt = $"sending to groups by interface {interfaceIndex}";
        OrThrow(attempt, DatagramSockets.SetMulticastInterfaceV4(_fd, interfaceIndex));
        if (_isIPv6)
        {
            OrThrow(attempt, Sockets.SetOption(_fd, LibC.IPPROTO_IPV6, LibC.IPV6_MULTICAST_IF, interfaceIndex));
        }
    }

    private void SetMembership(IPAddress group, int interfaceIndex, bool isMember)
    {
        ArgumentNullException.ThrowIfNull(group);
        VerifyUsable();
        OrThrow(
            $"{(isMember ? "joining" : "leaving")} the group {group} on {(interfaceIndex == 0 ? "the routes' interface" : $"interface {interfaceIndex}")}",
            DatagramSockets.SetMembership(_fd, group, interfaceIndex, isMember));
    }

    private void SetForBoth(int optionV4, int optionV6, int value)
    {
        SetOption(LibC.IPPROTO_IP, optionV4, value);
        if (_isIPv6)
        {
            SetOption(LibC.IPPROTO_IPV6, optionV6, value);
        }
    }
}
