using System.Runtime.CompilerServices;
using Tmds.Linux;

namespace Reactor.Kernel;

/// <summary>
/// Where a datagram came in, as the control message of IP_PKTINFO or IPV6_PKTINFO tells; and the same message the other
/// way, which tells the kernel what address to send from.
/// </summary>
/// <param name="Local">The address of this machine to answer from; not known for a group of IPv6. Without a port.</param>
/// <param name="To">The address that the datagram was sent to: of this machine, of a group, or a broadcast. Without a port.</param>
/// <param name="InterfaceIndex">The interface that it came in on.</param>
internal readonly unsafe record struct PacketInfo(NativeAddress Local, NativeAddress To, int InterfaceIndex)
{
    /// <summary>Room for either message, which the larger one fills.</summary>
    internal const int Space = 40;

    /// <summary>Has the kernel tell it with each datagram. On an IPv6 socket the one message serves IPv4 too, with mapped addresses.</summary>
    internal static SysResult Enable(int fd, bool isIPv6) => isIPv6
        ? Sockets.SetOption(fd, LibC.IPPROTO_IPV6, LibC.IPV6_RECVPKTINFO, 1)
        : Sockets.SetOption(fd, LibC.IPPROTO_IP, LibC.IP_PKTINFO, 1);

    /// <summary>Reads what came with a datagram, or what <see cref="Write"/> has written; nothing is known if there is nothing.</summary>
    internal static PacketInfo Read(msghdr* message)
    {
        cmsghdr* control = LibC.CMSG_FIRSTHDR(message);
        if (control is null)
        {
            return default;
        }

        if (control->cmsg_level == LibC.IPPROTO_IP && control->cmsg_type == LibC.IP_PKTINFO)
        {
            var info = (in_pktinfo*)LibC.CMSG_DATA(control);
            return new PacketInfo(
                NativeAddress.Create(new ReadOnlySpan<byte>(&info->ipi_spec_dst, sizeof(in_addr)), 0),
                NativeAddress.Create(new ReadOnlySpan<byte>(&info->ipi_addr, sizeof(in_addr)), 0),
                info->ipi_ifindex);
        }

        if (control->cmsg_level == LibC.IPPROTO_IPV6 && control->cmsg_type == LibC.IPV6_PKTINFO)
        {
            var info = (in6_pktinfo*)LibC.CMSG_DATA(control);
            var host = new ReadOnlySpan<byte>(&info->ipi6_addr, sizeof(in6_addr));
            bool isOfLink = (host[0], host[1] & 0xC0) == (0xFE, 0x80);
            NativeAddress to = NativeAddress.Create(host, 0, isOfLink ? info->ipi6_ifindex : 0);
            return new PacketInfo(to.IsMulticast ? default : to, to, (int)info->ipi6_ifindex);
        }

        return default;
    }

    /// <summary>Writes the message that has the kernel send from an address, and returns its length; none, and 0, when the address is not known.</summary>
    /// <param name="control">Room for <see cref="Space"/> bytes.</param>
    /// <param name="from">An address of the socket's family; its port is not used.</param>
    internal static int Write(byte* control, in NativeAddress from)
    {
        if (!from.IsKnown)
        {
            return 0;
        }

        Unsafe.InitBlockUnaligned(control, 0, Space);
        var header = (cmsghdr*)control;
        ReadOnlySpan<byte> host = from.Host;
        if (from.IsIPv6)
        {
            header->cmsg_level = LibC.IPPROTO_IPV6;
            header->cmsg_type = LibC.IPV6_PKTINFO;
            header->cmsg_len = LengthOf(sizeof(in6_pktinfo));
            var info = (in6_pktinfo*)LibC.CMSG_DATA(header);
            host.CopyTo(new Span<byte>(&info->ipi6_addr, sizeof(in6_addr)));
            info->ipi6_ifindex = from.ScopeId;
            return LibC.CMSG_SPACE(sizeof(in6_pktinfo));
        }

        header->cmsg_level = LibC.IPPROTO_IP;
        header->cmsg_type = LibC.IP_PKTINFO;
        header->cmsg_len = LengthOf(sizeof(in_pktinfo));
        host.CopyTo(new Span<byte>(&((in_pktinfo*)LibC.CMSG_DATA(header))->ipi_spec_dst, sizeof(in_addr)));
        return LibC.CMSG_SPACE(sizeof(in_pktinfo));
    }

    /// <summary>Not LibC.CMSG_LEN, which rounds up: the kernel wants the exact length of an IP_PKTINFO.</summary>
    private static int LengthOf(int data) => sizeof(cmsghdr) + data;
}
