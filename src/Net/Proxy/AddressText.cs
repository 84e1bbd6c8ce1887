using System.Buffers.Binary;

namespace Reactor.Net;

/// <summary>
/// Reads addresses and ports as version 1 of the PROXY protocol writes them. .NET's own parsers also take what the protocol
/// forbids: octal and hexadecimal numbers, addresses with parts left out, brackets, zones.
/// </summary>
internal static class AddressText
{
    internal const int IPv4Length = 4;
    internal const int IPv6Length = 16;
    private const int GroupLength = sizeof(ushort);

    /// <param name="text">All of it must be the address.</param>
    /// <param name="address">Takes its bytes; the length says of which family it has to be.</param>
    internal static bool TryParse(ReadOnlySpan<byte> text, Span<byte> address) =>
        address.Length == IPv4Length ? TryParseIPv4(text, address) : TryParseIPv6(text, address);

    internal static bool TryParsePort(ReadOnlySpan<byte> text, out int port) => TryParseDecimal(text, ushort.MaxValue, out port);

    private static bool TryParseIPv4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        for (int i = 0; i < IPv4Length; i++)
        {
            int end = i < IPv4Length - 1 ? text.IndexOf((byte)'.') : text.Length;
            if (end < 0 || !TryParseDecimal(text[..end], byte.MaxValue, out int part))
            {
                return false;
            }

            address[i] = (byte)part;
            text = text[Math.Min(end + 1, text.Length)..];
        }

        return true;
    }

    /// <summary>
    /// Groups of up to four hexadecimal digits, of which one run of zeros may be left out. The last two groups may be written
    /// as an IPv4 address: the specification does not mention that, but proxies write with inet_ntop, which does so.
    /// </summary>
    private static bool TryParseIPv6(ReadOnlySpan<byte> text, Span<byte> address)
    {
        int gap = text.IndexOf("::"u8);
        if (gap < 0)
        {
            return TryParseGroups(text, address, mayEndInIPv4: true, out int all) && all == IPv6Length;
        }

        Span<byte> tail = stackalloc byte[IPv6Length];
        if (!TryParseGroups(text[..gap], address, mayEndInIPv4: false, out int before)
            || !TryParseGroups(text[(gap + 2)..], tail, mayEndInIPv4: true, out int after)
            || before + after > IPv6Length - GroupLength)
        {
            return false;
        }

        address[before..].Clear();
        tail[..after].CopyTo(address[(IPv6Length - after)..]);
        return true;
    }

    /// <param name="text">Groups and what is between them; nothing for no group.</param>
    /// <param name="bytes">Takes the bytes of the groups.</param>
    /// <param name="mayEndInIPv4">Whether the last one may be an IPv4 address.</param>
    /// <param name="length">How many bytes there are.</param>
    private static bool TryParseGroups(ReadOnlySpan<byte> text, Span<byte> bytes, bool mayEndInIPv4, out int length)
    {
        length = 0;
        bool isLast = text.IsEmpty;
        while (!isLast)
        {
            int end = text.IndexOf((byte)':');
            isLast = end < 0;
            ReadOnlySpan<byte> group = isLast ? text : text[..end];
            if (isLast && mayEndInIPv4 && length <= IPv6Length - IPv4Length && TryParseIPv4(group, bytes[length..]))
            {
                length += IPv4Length;
                return true;
            }

            if (length == IPv6Length || !TryParseHexadecimal(group, out ushort value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt16BigEndian(bytes[length..], value);
            length += GroupLength;
            text = isLast ? default : text[(end + 1)..];
        }

        return true;
    }

    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, out ushort value)
    {
        value = 0;
        if (text.Length is 0 or > 4)
        {
            return false;
        }

        foreach (byte digit in text)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }

            value = (ushort)((value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10));
        }

        return true;
    }

    /// <summary>A number without leading zeros.</summary>
    private static bool TryParseDecimal(ReadOnlySpan<byte> text, int most, out int value)
    {
        value = 0;
        if (text.IsEmpty || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }

        foreach (byte digit in text)
        {
            if (!char.IsAsciiDigit((char)digit) || (value = (value * 10) + digit - '0') > most)
            {
                return false;
            }
        }

        return true;
    }
}
