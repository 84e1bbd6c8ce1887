using System.Buffers.Binary;
using System.Text;

namespace Reactor.Net.Tests.Proxy;

/// <summary>Headers put together byte by byte, right and wrong ones.</summary>
internal static class ProxyBytes
{
    internal const string TcpLine = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";

    internal static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>192.168.0.1:56324 to 192.168.0.11:443.</summary>
    internal static readonly byte[] Addresses4 = [192, 168, 0, 1, 192, 168, 0, 11, 0xDC, 0x04, 0x01, 0xBB];

    internal static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    /// <param name="command">The byte of version and command.</param>
    /// <param name="transport">The byte of family and protocol.</param>
    /// <param name="payload">Addresses and values.</param>
    /// <param name="length">What the length says, if not the truth.</param>
    internal static byte[] Binary(byte command, byte transport, byte[] payload, int? length = null)
    {
        byte[] lengthBytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(lengthBytes, (ushort)(length ?? payload.Length));
        return [.. Signature, command, transport, .. lengthBytes, .. payload];
    }

    internal static byte[] Tcp4(params byte[] tlvs) => Binary(0x21, 0x11, [.. Addresses4, .. tlvs]);

    internal static byte[] Tlv(int type, params byte[] value) => [(byte)type, (byte)(value.Length >> 8), (byte)value.Length, .. value];

    /// <summary>Adds a checksum by a table, as RFC 4960 has it; and a fault to it.</summary>
    internal static byte[] WithChecksum(byte command, byte transport, byte[] payload, uint fault = 0)
    {
        byte[] header = Binary(command, transport, [.. payload, .. Tlv(3, 0, 0, 0, 0)]);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(header.Length - 4), Crc(header) ^ fault);
        return header;
    }

    internal static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }

        return ~crc;
    }
}
