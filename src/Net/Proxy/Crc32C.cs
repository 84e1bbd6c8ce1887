using System.Buffers.Binary;
using System.Numerics;

namespace Reactor.Net;

/// <summary>The checksum of PROXY headers: CRC-32 with Castagnoli's polynomial (RFC 4960, appendix B), by the processor's instruction.</summary>
internal static class Crc32C
{
    /// <summary>Of a header in which the four bytes of the checksum itself count as zero.</summary>
    /// <param name="header">All of it.</param>
    /// <param name="at">Where the checksum stands.</param>
    internal static uint OfHeader(ReadOnlySpan<byte> header, int at)
    {
        uint crc = Add(uint.MaxValue, header[..at]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Add(crc, header[(at + sizeof(uint))..]);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }
}
