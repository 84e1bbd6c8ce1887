using System.Globalization;
using System.Net;
using CsCheck;

namespace Reactor.Net.Tests.Proxy;

/// <summary>Headers of every shape that the specification has, headers with a fault, and bytes of no shape at all.</summary>
internal static class ProxyGenerators
{
    private static readonly Gen<string> s_port = Gen.OneOf(
        Gen.Int[0, 65_535].Select(Text), Gen.OneOf("0", "65535", "65536", "00", "01", "", "+1", "-1", "1 ", "99999", "100000", "4294967297", "x"));

    private static readonly Gen<string> s_ipv4 = Gen.OneOf(
        Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes).ToString()),
        Gen.OneOf("0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", "", "1..2.3", "0x1.2.3.4", "1.2.772"));

    private static readonly Gen<string> s_group = Gen.OneOf(
        Gen.Int[0, 65_535].Select(value => value.ToString("x", CultureInfo.InvariantCulture)), Gen.OneOf("0", "0000", "00FF", "ffff", "12345", "g", ""));

    /// <summary>Groups in any number, with gaps in any number, and perhaps an IPv4 address at the end: some of them are addresses.</summary>
    private static readonly Gen<string> s_ipv6 = Gen.OneOf(
        Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes).ToString()),
        Gen.Byte.Array[16].Select(bytes => string.Join(':', bytes.Chunk(2).Select(pair => Convert.ToHexString(pair)))),
        Gen.Select(s_group.Array[0, 9], Gen.OneOf("", "", "::", ":"), s_group.Array[0, 5], Gen.OneOf("", "", "", ":192.0.2.1", "192.0.2.1", "::1.2.3.4", ":1.2.3.04"))
            .Select((before, gap, after, end) => string.Join(':', before) + gap + string.Join(':', after) + end),
        Gen.OneOf("::", "::1", "1::", ":::", "1::2::3", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "[::1]", "::1%1", "::1/8", "::1.2.3.4:5"));

    private static readonly Gen<byte[]> s_line = Gen.OneOf(
        LineOf("TCP4", s_ipv4),
        LineOf("TCP6", s_ipv6),
        LineOf("TCP6", s_ipv4),
        LineOf("TCP4", s_ipv6),
        Gen.Select(Gen.OneOf("UNKNOWN", "UNKNOWN ", "UNKNOWNS", "TCP5", "", "tcp4"), Gen.Char[' ', '~'].Array[0, 100]).Select((word, rest) => Line($"{word}{new string(rest)}")));

    private static readonly Gen<byte[]> s_tlv = Gen.OneOf(
        Gen.Select(Gen.Byte, Gen.Byte.Array[0, 12]).Select((type, value) => ProxyBytes.Tlv(type, value)),
        Gen.Byte.Array[120, 136].Select(value => ProxyBytes.Tlv(5, value)),
        Gen.Byte.Array[3, 5].Select(value => ProxyBytes.Tlv(3, value)),
        Gen.Select(Gen.Byte.Array[3, 5], Gen.Select(Gen.Byte, Gen.Byte.Array[0, 6]).Select((type, value) => ProxyBytes.Tlv(type, value)).Array[0, 3], Gen.Byte.Array[0, 3])
            .Select((start, inner, rest) => ProxyBytes.Tlv(0x20, [.. start, .. inner.SelectMany(one => one), .. rest])),
        Gen.Byte.Array[0, 5]);

    private static readonly Gen<byte[]> s_binary = Gen.Select(
        Gen.Frequency((1, Gen.Byte), (2, Gen.Const((byte)0x20)), (12, Gen.Const((byte)0x21))),
        Gen.Frequency((1, Gen.Byte), (1, Gen.OneOf<byte>(0x00, 0x01, 0x10, 0x13, 0x41)), (8, Gen.OneOf<byte>(0x11, 0x12, 0x21, 0x22, 0x31, 0x32))),
        Gen.Frequency((1, Gen.Int[0, 250]), (8, Gen.Const(-1))),
        s_tlv.Array[0, 4],
        Gen.OneOf(0, 0, 1, 2),
        Gen.Frequency((1, Gen.Int[0, 65_535]), (20, Gen.Const(-1)))).SelectMany((command, transport, size, tlvs, checksum, length) =>
        {
            int addresses = size >= 0 ? size : (transport >> 4) switch { 1 => 12, 2 => 36, 3 => 216, _ => 7 };
            return Gen.Byte.Array[addresses].Select(bytes =>
            {
                byte[] payload = [.. bytes, .. tlvs.SelectMany(one => one)];
                return checksum == 0 ? ProxyBytes.Binary(command, transport, payload, length >= 0 ? length : null) : ProxyBytes.WithChecksum(command, transport, payload, fault: (uint)checksum - 1);
            });
        });

    /// <summary>Bytes replaced, added, taken away: where, what, and how.</summary>
    private static readonly Gen<(int At, byte Value, int Kind)[]> s_faults = Gen.Select(Gen.Int[0, 300], Gen.OneOf(Gen.Byte, Gen.OneOf((byte)'\r', (byte)'\n', (byte)' ', (byte)0, (byte)'0', (byte)':')), Gen.Int[0, 3]).Array[1, 3];

    internal static Gen<byte[]> Input { get; } = Gen.Frequency(
        (4, Gen.OneOf(s_line, s_binary)),
        (4, Gen.Select(Gen.OneOf(s_line, s_binary), s_faults).Select(Damage)),
        (1, Gen.Byte.Array[0, 40]),
        (1, Gen.Select(Gen.OneOf(ProxyBytes.Signature, "PROXY "u8.ToArray()), Gen.Byte.Array[0, 40]).Select((start, rest) => (byte[])[.. start, .. rest])));

    internal static Gen<ProxyProtocolOptions> Options { get; } = Gen.Select(Gen.Frequency((3, Gen.Const(4_096)), (1, Gen.Int[16, 300])), Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false))), Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false))))
        .Select((length, local, unknown) => new ProxyProtocolOptions { MaxLength = length, AllowLocal = local, AllowUnknown = unknown });

    private static Gen<byte[]> LineOf(string protocol, Gen<string> address) =>
        Gen.Select(address, address, s_port, s_port, Gen.OneOf("", "", "", " ", " x")).Select((source, destination, from, to, rest) => Line($"{protocol} {source} {destination} {from} {to}{rest}"));

    private static byte[] Line(string text) => ProxyBytes.Latin1($"PROXY {text}\r\nrest");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Damage(byte[] bytes, (int At, byte Value, int Kind)[] faults)
    {
        var damaged = new List<byte>(bytes);
        foreach ((int at, byte value, int kind) in faults)
        {
            int place = damaged.Count == 0 ? 0 : at % damaged.Count;
            switch (kind)
            {
                case 0 when damaged.Count > 0:
                    damaged[place] = value;
                    break;
                case 1 when damaged.Count > 0:
                    damaged.RemoveAt(place);
                    break;
                case 2:
                    damaged.RemoveRange(place, damaged.Count - place);
                    break;
                default:
                    damaged.Insert(place, value);
                    break;
            }
        }

        return [.. damaged];
    }
}
