using System.Buffers.Binary;
using System.Net;

namespace Reactor.Net;

/// <summary>Version 2: a signature, the length, addresses, and what else the proxy tells.</summary>
internal static class ProxyBinaryParser
{
    internal const byte Version = 2;
    internal const int LocalCommand = 0;
    internal const int ProxyCommand = 1;
    internal const byte Unspecified = 0;
    internal const byte TcpOverIPv4 = (Inet << 4) | Stream;
    internal const byte TcpOverIPv6 = (Inet6 << 4) | Stream;
    internal const int ChecksumLength = sizeof(uint);
    private const int Inet = 1;
    private const int Inet6 = 2;
    private const int Unix = 3;
    private const int Stream = 1;
    private const int Datagram = 2;
    private const int UnixPathLength = 108;
    private const int LongestUniqueId = 128;
    private const int ShortestSsl = 5;

    /// <param name="bytes">Begin with the signature.</param>
    /// <param name="options">What to take.</param>
    internal static ProxyParseResult Parse(ReadOnlySpan<byte> bytes, ProxyProtocolOptions options)
    {
        int at = ProxyHeaderParser.BinarySignature.Length;
        if (bytes.Length <= at)
        {
            return default;
        }

        int command = bytes[at] & 0xf;
        ProxyHeaderError error = CheckCommand(bytes[at] >> 4, command, options);
        if (error != ProxyHeaderError.None || bytes.Length <= at + 1)
        {
            return ProxyParseResult.WithoutHeader(error);
        }

        int family = bytes[at + 1] >> 4;
        int protocol = bytes[at + 1] & 0xf;
        bool isLocal = command == LocalCommand;
        error = isLocal ? ProxyHeaderError.None : CheckTransport(family, protocol, options);
        if (error != ProxyHeaderError.None || bytes.Length < ProxyHeaderParser.BinaryPrefix)
        {
            return ProxyParseResult.WithoutHeader(error);
        }

        ProxyTransport transport = isLocal ? ProxyTransport.Unknown : TransportOf(family, protocol);
        int length = ProxyHeaderParser.BinaryPrefix + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        if (length > options.MaxLength)
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.TooLong);
        }

        int tlvs = ProxyHeaderParser.BinaryPrefix + AddressesLength(transport);
        if (tlvs > length)
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.AddressesTooShort);
        }

        if (length > bytes.Length)
        {
            return default;
        }

        bytes = bytes[..length];
        if (transport == ProxyTransport.Unknown)
        {
            // What follows is not said, and to be skipped.
            return ProxyParseResult.Complete(new ProxyHeader(Version, transport) { IsLocal = isLocal }, length);
        }

        error = CheckTlvs(bytes, tlvs);
        return error == ProxyHeaderError.None
            ? ProxyParseResult.Complete(Read(transport, bytes[ProxyHeaderParser.BinaryPrefix..tlvs], ProxyTlvs.Copy(bytes[tlvs..])), length)
            : ProxyParseResult.WithoutHeader(error);
    }

    private static ProxyHeaderError CheckCommand(int version, int command, ProxyProtocolOptions options)
    {
        if (version != Version)
        {
            return ProxyHeaderError.BadVersion;
        }

        if (command is not (LocalCommand or ProxyCommand))
        {
            return ProxyHeaderError.BadCommand;
        }

        return command == LocalCommand && !options.AllowLocal ? ProxyHeaderError.LocalNotAllowed : ProxyHeaderError.None;
    }

    private static ProxyHeaderError CheckTransport(int family, int protocol, ProxyProtocolOptions options)
    {
        if (family > Unix)
        {
            return ProxyHeaderError.BadFamily;
        }

        if (protocol > Datagram)
        {
            return ProxyHeaderError.BadTransport;
        }

        return TransportOf(family, protocol) == ProxyTransport.Unknown && !options.AllowUnknown ? ProxyHeaderError.UnknownNotAllowed : ProxyHeaderError.None;
    }

    private static ProxyTransport TransportOf(int family, int protocol) => (family, protocol) switch
    {
        (Inet, Stream) => ProxyTransport.Tcp4,
        (Inet, Datagram) => ProxyTransport.Udp4,
        (Inet6, Stream) => ProxyTransport.Tcp6,
        (Inet6, Datagram) => ProxyTransport.Udp6,
        (Unix, Stream) => ProxyTransport.UnixStream,
        (Unix, Datagram) => ProxyTransport.UnixDatagram,
        _ => ProxyTransport.Unknown,
    };

    private static int AddressLength(ProxyTransport transport) => transport switch
    {
        ProxyTransport.Tcp4 or ProxyTransport.Udp4 => AddressText.IPv4Length,
        ProxyTransport.Tcp6 or ProxyTransport.Udp6 => AddressText.IPv6Length,
        ProxyTransport.UnixStream or ProxyTransport.UnixDatagram => UnixPathLength,
        _ => 0,
    };

    private static bool HasPorts(ProxyTransport transport) => AddressLength(transport) is AddressText.IPv4Length or AddressText.IPv6Length;

    private static int AddressesLength(ProxyTransport transport) =>
        2 * (AddressLength(transport) + (HasPorts(transport) ? sizeof(ushort) : 0));

    /// <param name="header">The whole header.</param>
    /// <param name="start">Where the values begin.</param>
    private static ProxyHeaderError CheckTlvs(ReadOnlySpan<byte> header, int start)
    {
        int checksum = 0;
        ReadOnlySpan<byte> rest = header[start..];
        while (!rest.IsEmpty)
        {
            if (!ProxyTlvs.TrySplit(ref rest, out ProxyTlvType type, out ReadOnlySpan<byte> value))
            {
                return ProxyHeaderError.TlvTooLong;
            }

            if (!Suits(type, value) || (type == ProxyTlvType.Crc32C && checksum > 0))
            {
                return ProxyHeaderError.BadTlv;
            }

            if (type == ProxyTlvType.Crc32C)
            {
                checksum = header.Length - rest.Length - ChecksumLength;
            }
        }

        return checksum == 0 || BinaryPrimitives.ReadUInt32BigEndian(header[checksum..]) == Crc32C.OfHeader(header, checksum)
            ? ProxyHeaderError.None
            : ProxyHeaderError.BadChecksum;
    }

    private static bool Suits(ProxyTlvType type, ReadOnlySpan<byte> value) => type switch
    {
        ProxyTlvType.Crc32C => value.Length == ChecksumLength,
        ProxyTlvType.UniqueId => value.Length <= LongestUniqueId,
        ProxyTlvType.Ssl => value.Length >= ShortestSsl && ProxyTlvs.IsWellFormed(value[ShortestSsl..]),
        _ => true,
    };

    private static ProxyHeader Read(ProxyTransport transport, ReadOnlySpan<byte> addresses, ProxyTlvs tlvs)
    {
        int length = AddressLength(transport);
        ReadOnlySpan<byte> source = addresses[..length];
        ReadOnlySpan<byte> destination = addresses[length..(2 * length)];
        if (!HasPorts(transport))
        {
            return new ProxyHeader(Version, transport) { UnixSource = Trim(source), UnixDestination = Trim(destination), Tlvs = tlvs };
        }

        ReadOnlySpan<byte> ports = addresses[(2 * length)..];
        return new ProxyHeader(Version, transport)
        {
            Source = new IPEndPoint(new IPAddress(source), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            Destination = new IPEndPoint(new IPAddress(destination), BinaryPrimitives.ReadUInt16BigEndian(ports[sizeof(ushort)..])),
            Tlvs = tlvs,
        };
    }

    private static byte[] Trim(ReadOnlySpan<byte> path) => path.TrimEnd((byte)0).ToArray();
}
