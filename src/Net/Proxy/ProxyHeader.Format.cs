using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reactor.Net;

// Headers to send: a proxy sends one in front of everything else.
public sealed partial class ProxyHeader
{
    /// <summary>What a checksum takes, with its type and length.</summary>
    private const int ChecksumTlvLength = ProxyTlvs.PrefixLength + ProxyBinaryParser.ChecksumLength;

    /// <summary>Makes a header of version 1, for TCP. When one address is IPv6, the other is told in that form too.</summary>
    /// <param name="source">The client.</param>
    /// <param name="destination">What the client has connected to.</param>
    public static byte[] FormatV1(IPEndPoint source, IPEndPoint destination)
    {
        (IPAddress from, IPAddress to) = InOneFamily(source, destination);
        return Encoding.ASCII.GetBytes($"PROXY {(IsIPv4(from) ? "TCP4" : "TCP6")} {Text(from)} {Text(to)} {source.Port} {destination.Port}\r\n");
    }

    /// <summary>Makes a header of version 2, for TCP. When one address is IPv6, the other is told in that form too.</summary>
    /// <param name="source">The client.</param>
    /// <param name="destination">What the client has connected to.</param>
    /// <param name="tlvs">What else to tell; <see cref="ProxyTlvType.Crc32C"/> is none of it.</param>
    /// <param name="addChecksum">Whether to add a checksum.</param>
    /// <exception cref="ArgumentException">Together it is longer than the protocol can express.</exception>
    public static byte[] FormatV2(IPEndPoint source, IPEndPoint destination, IReadOnlyCollection<ProxyTlv>? tlvs = null, bool addChecksum = false)
    {
        (IPAddress from, IPAddress to) = InOneFamily(source, destination);
        int size = IsIPv4(from) ? AddressText.IPv4Length : AddressText.IPv6Length;
        int addresses = ProxyHeaderParser.BinaryPrefix + (2 * (size + sizeof(ushort)));
        int length = addresses + (addChecksum ? ChecksumTlvLength : 0);
        foreach (ProxyTlv tlv in tlvs ?? [])
        {
            length += ProxyTlvs.PrefixLength + tlv.Value.Length;
        }

        if (length > ProxyHeaderParser.LongestBinary)
        {
            throw new ArgumentException($"The header has {length} bytes; {ProxyHeaderParser.LongestBinary} is all that the protocol can express.", nameof(tlvs));
        }

        byte[] header = new byte[length];
        WritePrefix(header, ProxyBinaryParser.ProxyCommand, IsIPv4(from) ? ProxyBinaryParser.TcpOverIPv4 : ProxyBinaryParser.TcpOverIPv6);
        Span<byte> rest = header.AsSpan(ProxyHeaderParser.BinaryPrefix);
        from.TryWriteBytes(rest, out _);
        to.TryWriteBytes(rest[size..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(rest[(2 * size)..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(rest[((2 * size) + sizeof(ushort))..], (ushort)destination.Port);
        rest = header.AsSpan(addresses);
        foreach (ProxyTlv tlv in tlvs ?? [])
        {
            rest = WriteTlv(rest, tlv.Type, tlv.Value.Span);
        }

        if (addChecksum)
        {
            WriteTlv(rest, ProxyTlvType.Crc32C, stackalloc byte[ProxyBinaryParser.ChecksumLength]);
            int at = length - ProxyBinaryParser.ChecksumLength;
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(at), Crc32C.OfHeader(header, at));
        }

        return header;
    }

    /// <summary>Makes a header of version 2 for a connection that the proxy makes for itself, as a health check (LOCAL).</summary>
    public static byte[] FormatV2Local()
    {
        byte[] header = new byte[ProxyHeaderParser.BinaryPrefix];
        WritePrefix(header, ProxyBinaryParser.LocalCommand, ProxyBinaryParser.Unspecified);
        return header;
    }

    private static void WritePrefix(Span<byte> header, int command, byte transport)
    {
        ProxyHeaderParser.BinarySignature.CopyTo(header);
        Span<byte> rest = header[ProxyHeaderParser.BinarySignature.Length..];
        rest[0] = (byte)((ProxyBinaryParser.Version << 4) | command);
        rest[1] = transport;
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)(header.Length - ProxyHeaderParser.BinaryPrefix));
    }

    private static Span<byte> WriteTlv(Span<byte> rest, ProxyTlvType type, ReadOnlySpan<byte> value)
    {
        rest[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(rest[1..], (ushort)value.Length);
        value.CopyTo(rest[ProxyTlvs.PrefixLength..]);
        return rest[(ProxyTlvs.PrefixLength + value.Length)..];
    }

    private static (IPAddress From, IPAddress To) InOneFamily(IPEndPoint source, IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        return IsIPv4(source.Address) && IsIPv4(destination.Address)
            ? (source.Address, destination.Address)
            : (source.Address.MapToIPv6(), destination.Address.MapToIPv6());
    }

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Without the zone, which means nothing elsewhere.</summary>
    private static string Text(IPAddress address) => IsIPv4(address) ? $"{address}" : $"{new IPAddress(address.GetAddressBytes())}";
}
