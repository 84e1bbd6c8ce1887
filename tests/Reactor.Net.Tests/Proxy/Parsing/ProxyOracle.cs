using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Reactor.Net.Tests.Proxy;

/// <summary>
/// The rules of both versions written a second time, slowly and plainly: version 1 as one expression over the text, version 2
/// read from a stream. It tells headers as <see cref="EveryCut"/> does, that more is needed, or "no".
/// </summary>
internal static partial class ProxyOracle
{
    internal const string No = "no";

    internal static string Verdict(byte[] bytes, ProxyProtocolOptions options)
    {
        string text = Encoding.Latin1.GetString(bytes);
        return text.StartsWith('P') ? Line(text, options) : Binary(bytes, options);
    }

    private static string Line(string text, ProxyProtocolOptions options)
    {
        Match match = WholeLine().Match(text);
        if (!match.Success || match.Length > 107)
        {
            bool isBeginning = "PROXY ".StartsWith(text, StringComparison.Ordinal) || (Unfinished().IsMatch(text) && text.Length < 107);
            return isBeginning ? EveryCut.More : No;
        }

        if (match.Groups["unknown"].Success)
        {
            return options.AllowUnknown ? EveryCut.Describe(1, false, "Unknown", "", "", [], [], [], match.Length) : No;
        }

        string family = match.Groups["family"].Value;
        string? source = EndPoint(family, match.Groups["source"].Value, match.Groups["sourcePort"].Value);
        string? destination = EndPoint(family, match.Groups["destination"].Value, match.Groups["destinationPort"].Value);
        return source is null || destination is null ? No : EveryCut.Describe(1, false, $"Tcp{family}", source, destination, [], [], [], match.Length);
    }

    private static string? EndPoint(string family, string address, string port)
    {
        int number = int.Parse(port, CultureInfo.InvariantCulture);
        bool isWritten = family == "4" ? IPv4().IsMatch(address) : IsIPv6(address);
        return isWritten && number <= 65_535 ? new IPEndPoint(IPAddress.Parse(address), number).ToString() : null;
    }

    /// <summary>.NET takes more than the protocol: brackets, zones, prefixes, and numbers of any kind in the IPv4 address at the end.</summary>
    private static bool IsIPv6(string address)
    {
        string last = address.Split(':')[^1];
        return IPv6Characters().IsMatch(address)
            && IPAddress.TryParse(address, out IPAddress? parsed)
            && parsed.AddressFamily == AddressFamily.InterNetworkV6
            && (!last.Contains('.', StringComparison.Ordinal) || IPv4().IsMatch(last));
    }

    private static string Binary(byte[] bytes, ProxyProtocolOptions options)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        try
        {
            return Binary(reader, bytes, options);
        }
        catch (EndOfStreamException)
        {
            return EveryCut.More;
        }
    }

    private static string Binary(BinaryReader reader, byte[] bytes, ProxyProtocolOptions options)
    {
        foreach (byte expected in ProxyBytes.Signature)
        {
            if (reader.ReadByte() != expected)
            {
                return No;
            }
        }

        byte command = reader.ReadByte();
        if (command is not (0x20 or 0x21) || (command == 0x20 && !options.AllowLocal))
        {
            return No;
        }

        byte transport = reader.ReadByte();
        bool isTold = command == 0x21 && (transport is 0x11 or 0x12 or 0x21 or 0x22 or 0x31 or 0x32);
        if (command == 0x21 && !isTold && ((transport >> 4) > 3 || (transport & 15) > 2 || !options.AllowUnknown))
        {
            return No;
        }

        int length = Number(reader, 2);
        int addressSize = !isTold ? 0 : (transport >> 4) switch { 1 => 4, 2 => 16, _ => 108 };
        int portSize = addressSize is 4 or 16 ? 2 : 0;
        if (16 + length > options.MaxLength || length < 2 * (addressSize + portSize))
        {
            return No;
        }

        byte[] content = Bytes(reader, length);
        if (!isTold)
        {
            return EveryCut.Describe(2, command == 0x20, "Unknown", "", "", [], [], [], 16 + length);
        }

        using var rest = new BinaryReader(new MemoryStream(content));
        byte[] source = Bytes(rest, addressSize);
        byte[] destination = Bytes(rest, addressSize);
        string name = (transport & 15, addressSize) switch { (1, 4) => "Tcp4", (2, 4) => "Udp4", (1, 16) => "Tcp6", (2, 16) => "Udp6", (1, _) => "UnixStream", _ => "UnixDatagram" };
        string from = "", to = "";
        if (portSize > 0)
        {
            from = new IPEndPoint(new IPAddress(source), Number(rest, 2)).ToString();
            to = new IPEndPoint(new IPAddress(destination), Number(rest, 2)).ToString();
            source = destination = [];
        }

        byte[] values = content[(2 * (addressSize + portSize))..];
        return AreValues(values, bytes[..(16 + length)])
            ? EveryCut.Describe(2, false, name, from, to, Path(source), Path(destination), values, 16 + length)
            : No;
    }

    private static bool AreValues(byte[] values, byte[] header)
    {
        if (Split(values) is not { } all)
        {
            return false;
        }

        (int Type, int Start, byte[] Value)[] checksums = [.. all.Where(one => one.Type == 3)];
        if (checksums.Length > 1 || all.Exists(one => one.Type switch
        {
            3 => one.Value.Length != 4,
            5 => one.Value.Length > 128,
            0x20 => one.Value.Length < 5 || Split(one.Value[5..]) is null,
            _ => false,
        }))
        {
            return false;
        }

        if (checksums is [var checksum])
        {
            byte[] zeroed = [.. header];
            Array.Clear(zeroed, header.Length - values.Length + checksum.Start + 3, 4);
            return Convert.ToHexString(checksum.Value) == ProxyBytes.Crc(zeroed).ToString("X8", CultureInfo.InvariantCulture);
        }

        return true;
    }

    private static List<(int Type, int Start, byte[] Value)>? Split(byte[] values)
    {
        using var reader = new BinaryReader(new MemoryStream(values));
        List<(int, int, byte[])> all = [];
        try
        {
            while (reader.BaseStream.Position < values.Length)
            {
                int start = (int)reader.BaseStream.Position;
                int type = reader.ReadByte();
                all.Add((type, start, Bytes(reader, Number(reader, 2))));
            }

            return all;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    private static byte[] Path(byte[] path) => [.. path.Reverse().SkipWhile(one => one == 0).Reverse()];

    private static int Number(BinaryReader reader, int size) => Bytes(reader, size).Aggregate(0, (value, one) => (value * 256) + one);

    private static byte[] Bytes(BinaryReader reader, int count) =>
        reader.ReadBytes(count) is var bytes && bytes.Length == count ? bytes : throw new EndOfStreamException();

    [GeneratedRegex(@"\APROXY (?:(?<unknown>UNKNOWN)(?: [^\r\n]*)?|TCP(?<family>[46]) (?<source>[^ \r\n]*) (?<destination>[^ \r\n]*) (?<sourcePort>0|[1-9][0-9]{0,4}) (?<destinationPort>0|[1-9][0-9]{0,4}))\r\n")]
    private static partial Regex WholeLine();

    [GeneratedRegex(@"\APROXY [^\r\n]*\r?\z")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\A(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!\z)|\z)){4}\z")]
    private static partial Regex IPv4();

    [GeneratedRegex(@"\A[0-9A-Fa-f:.]+\z")]
    private static partial Regex IPv6Characters();
}
