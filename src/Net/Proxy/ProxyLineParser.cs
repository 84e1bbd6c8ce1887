using System.Net;

namespace Reactor.Net;

/// <summary>Version 1: one line of text, as in <c>PROXY TCP4 192.0.2.1 192.0.2.2 56324 443</c>, which is read when its CR LF has come.</summary>
internal static class ProxyLineParser
{
    private const byte Space = (byte)' ';

    /// <param name="bytes">Begin with the signature.</param>
    /// <param name="options">What to take.</param>
    internal static ProxyParseResult Parse(ReadOnlySpan<byte> bytes, ProxyProtocolOptions options)
    {
        int end = bytes[..Math.Min(bytes.Length, ProxyHeaderParser.LongestLine)].IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            return bytes.Length < ProxyHeaderParser.LongestLine ? default : ProxyParseResult.WithoutHeader(ProxyHeaderError.LineTooLong);
        }

        if (bytes[end] == '\n')
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.BadLineEnd);
        }

        int consumed = end + 2;
        if (consumed > ProxyHeaderParser.LongestLine)
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.LineTooLong);
        }

        if (consumed > bytes.Length)
        {
            return default;
        }

        if (bytes[end + 1] != '\n')
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.BadLineEnd);
        }

        ReadOnlySpan<byte> fields = bytes[ProxyHeaderParser.LineSignature.Length..end];
        ProxyHeaderError error = ParseFields(fields, options, out ProxyHeader? header);
        return header is null ? ProxyParseResult.WithoutHeader(error) : ProxyParseResult.Complete(header, consumed);
    }

    private static ProxyHeaderError ParseFields(ReadOnlySpan<byte> fields, ProxyProtocolOptions options, out ProxyHeader? header)
    {
        header = null;
        ReadOnlySpan<byte> protocol = NextField(ref fields);
        if (protocol.SequenceEqual("UNKNOWN"u8))
        {
            // Whatever follows is to be ignored.
            if (!options.AllowUnknown)
            {
                return ProxyHeaderError.UnknownNotAllowed;
            }

            header = new ProxyHeader(1, ProxyTransport.Unknown);
            return ProxyHeaderError.None;
        }

        bool isIPv4 = protocol.SequenceEqual("TCP4"u8);
        if (!isIPv4 && !protocol.SequenceEqual("TCP6"u8))
        {
            return ProxyHeaderError.BadProtocol;
        }

        int size = isIPv4 ? AddressText.IPv4Length : AddressText.IPv6Length;
        Span<byte> source = stackalloc byte[size];
        Span<byte> destination = stackalloc byte[size];
        if (!AddressText.TryParse(NextField(ref fields), source))
        {
            return ProxyHeaderError.BadSourceAddress;
        }

        if (!AddressText.TryParse(NextField(ref fields), destination))
        {
            return ProxyHeaderError.BadDestinationAddress;
        }

        if (!AddressText.TryParsePort(NextField(ref fields), out int sourcePort))
        {
            return ProxyHeaderError.BadSourcePort;
        }

        // To the end of the line, so that nothing may follow.
        if (!AddressText.TryParsePort(fields, out int destinationPort))
        {
            return ProxyHeaderError.BadDestinationPort;
        }

        header = new ProxyHeader(1, isIPv4 ? ProxyTransport.Tcp4 : ProxyTransport.Tcp6)
        {
            Source = new IPEndPoint(new IPAddress(source), sourcePort),
            Destination = new IPEndPoint(new IPAddress(destination), destinationPort),
        };
        return ProxyHeaderError.None;
    }

    /// <summary>Takes the bytes up to the next space, or to the end, and the space with them.</summary>
    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf(Space);
        ReadOnlySpan<byte> field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return field;
    }
}
