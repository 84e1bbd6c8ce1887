using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>Calls on UDP sockets: one datagram with its addresses, many in one call, groups.</summary>
internal static unsafe class DatagramSockets
{
    internal static SysResult CreateUdp(AddressFamily family) => SysResult.From(LibC.socket(
        family == AddressFamily.InterNetworkV6 ? (int)LibC.AF_INET6 : (int)LibC.AF_INET,
        LibC.SOCK_DGRAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC,
        LibC.IPPROTO_UDP));

    /// <summary>
    /// Hot path: one per datagram. Takes the next one. The value is its whole length, which is more than the buffer's when
    /// that was too small (MSG_TRUNC).
    /// </summary>
    internal static SysResult Receive(int fd, Span<byte> buffer, ref NativeAddress from, out PacketInfo info)
    {
        byte* control = stackalloc byte[PacketInfo.Space];
        msghdr message = default;
        iovec vector = default;
        fixed (byte* bytes = buffer, name = from.AsSpan())
        {
            vector.iov_base = bytes;
            vector.iov_len = buffer.Length;
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            message.msg_name = name;
            message.msg_namelen = NativeAddress.Capacity;
            message.msg_control = control;
            message.msg_controllen = PacketInfo.Space;
            SysResult result = SysResult.From(LibC.recvmsg(fd, &message, LibC.MSG_TRUNC));
            from.Length = result.IsError ? 0 : (int)message.msg_namelen;
            info = result.IsError ? default : PacketInfo.Read(&message);
            return result;
        }
    }

    /// <summary>Hot path: one per datagram. An address that is not known leaves the choice to the kernel: the connected peer, the route's own address.</summary>
    internal static SysResult Send(int fd, ReadOnlySpan<byte> buffer, NativeAddress to, in NativeAddress from)
    {
        byte* control = stackalloc byte[PacketInfo.Space];
        msghdr message = default;
        iovec vector = default;
        fixed (byte* bytes = buffer, name = to.AsSpan())
        {
            vector.iov_base = bytes;
            vector.iov_len = buffer.Length;
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            message.msg_name = name;
            message.msg_namelen = to.Length;
            message.msg_control = control;
            message.msg_controllen = PacketInfo.Write(control, from);
            return SysResult.From(LibC.sendmsg(fd, &message, LibC.MSG_NOSIGNAL));
        }
    }

    /// <summary>Takes up to <paramref name="count"/> datagrams; the value is how many. <c>msg_len</c> is the whole length of each. Fewer than asked for: there are no more.</summary>
    internal static SysResult Receive(int fd, mmsghdr* messages, int count) =>
        SysResult.From(LibCExtra.recvmmsg(fd, messages, (uint)count, LibC.MSG_TRUNC, null));

    /// <summary>Sends up to <paramref name="count"/> datagrams; the value is how many. It fails only when the first fails: what stopped it in between, the next call tells.</summary>
    internal static SysResult Send(int fd, mmsghdr* messages, int count) =>
        SysResult.From(LibCExtra.sendmmsg(fd, messages, (uint)count, LibC.MSG_NOSIGNAL));

    /// <summary>Joins a group, or leaves it, on an interface; 0 for the one that the routes choose. An IPv6 socket takes groups of both families.</summary>
    internal static SysResult SetMembership(int fd, IPAddress group, int interfaceIndex, bool isMember)
    {
        Span<byte> bytes = stackalloc byte[16];
        group.TryWriteBytes(bytes, out int length);
        if (length == sizeof(in6_addr))
        {
            ipv6_mreq request = default;
            bytes.CopyTo(new Span<byte>(&request.ipv6mr_multiaddr, sizeof(in6_addr)));
            request.ipv6mr_interface = (uint)interfaceIndex;
            return SetOption(fd, LibC.IPPROTO_IPV6, isMember ? LibC.IPV6_ADD_MEMBERSHIP : LibC.IPV6_DROP_MEMBERSHIP, request);
        }

        ip_mreqn requestV4 = default;
        bytes[..sizeof(in_addr)].CopyTo(new Span<byte>(&requestV4.imr_multiaddr, sizeof(in_addr)));
        requestV4.imr_ifindex = interfaceIndex;
        return SetOption(fd, LibC.IPPROTO_IP, isMember ? LibC.IP_ADD_MEMBERSHIP : LibC.IP_DROP_MEMBERSHIP, requestV4);
    }

    /// <summary>Chooses the interface that datagrams to groups of IPv4 leave by; 0 lets the routes choose.</summary>
    internal static SysResult SetMulticastInterfaceV4(int fd, int interfaceIndex)
    {
        ip_mreqn request = default;
        request.imr_ifindex = interfaceIndex;
        return SetOption(fd, LibC.IPPROTO_IP, LibC.IP_MULTICAST_IF, request);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SysResult SetOption<T>(int fd, int level, int option, T value)
        where T : unmanaged =>
        SysResult.From(LibC.setsockopt(fd, level, option, &value, sizeof(T)));
}
