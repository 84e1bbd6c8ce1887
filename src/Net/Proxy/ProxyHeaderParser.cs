namespace Reactor.Net;

/// <summary>
/// Tells the two versions of PROXY headers apart, byte by byte as they come. Checks go in the order of the bytes that they need,
/// so that the verdict on a whole header is that on its first bytes, however it was cut.
/// </summary>
internal static class ProxyHeaderParser
{
    /// <summary>The longest line of version 1, with its CR LF.</summary>
    internal const int LongestLine = 107;

    /// <summary>Signature, command, family and length of version 2.</summary>
    internal const int BinaryPrefix = 16;

    /// <summary>The longest header that version 2 can express.</summary>
    internal const int LongestBinary = BinaryPrefix + ushort.MaxValue;

    internal static ReadOnlySpan<byte> LineSignature => "PROXY "u8;

    internal static ReadOnlySpan<byte> BinarySignature => "\r\n\r\n\0\r\nQUIT\n"u8;

    internal static ProxyParseResult Parse(ReadOnlySpan<byte> bytes, ProxyProtocolOptions options)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        bool isLine = bytes[0] == LineSignature[0];
        ReadOnlySpan<byte> signature = isLine ? LineSignature : BinarySignature;
        int known = Math.Min(bytes.Length, signature.Length);
        if (!bytes[..known].SequenceEqual(signature[..known]))
        {
            return ProxyParseResult.WithoutHeader(ProxyHeaderError.NotAHeader);
        }

        if (known < signature.Length)
        {
            return default;
        }

        return isLine ? ProxyLineParser.Parse(bytes, options) : ProxyBinaryParser.Parse(bytes, options);
    }
}
