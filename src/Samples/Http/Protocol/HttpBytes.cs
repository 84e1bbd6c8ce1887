using System.Buffers;

namespace Reactor.Samples.Http;

/// <summary>The character classes of the grammar, as sets that are searched with vector instructions.</summary>
internal static class HttpBytes
{
    public const byte CarriageReturn = (byte)'\r';
    public const byte LineFeed = (byte)'\n';
    public const byte Space = (byte)' ';
    public const byte Tab = (byte)'\t';

    /// <summary>RFC 9110 §5.6.2: methods, header names and most elements of lists.</summary>
    public static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// What a path may hold, without '%' and '?', at which the parser stops to look. RFC 3986 and the few more bytes
    /// ('[', ']', '|') that browsers leave as they are in paths.
    /// </summary>
    public static readonly SearchValues<byte> Path =
        SearchValues.Create("!$&'()*+,-./:;=@[]_|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>What a query may hold, without '%': RFC 3986 and what browsers leave as it is in queries. Never '#'.</summary>
    public static readonly SearchValues<byte> Query =
        SearchValues.Create("!$&'()*+,-./:;=?@[\\]^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// A registered name or IPv4 address, RFC 3986 §3.2.2, without '%', and without the comma, which the grammar allows
    /// but which in truth is the mark of two Host headers that a proxy has joined.
    /// </summary>
    public static readonly SearchValues<byte> RegisteredName =
        SearchValues.Create("!$&'()*+-.;=_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>What may stand between the brackets of an IPv6 address; it has no room for a zone.</summary>
    public static readonly SearchValues<byte> IPv6 = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>What ends or spoils a header value: every control byte but the tab.</summary>
    public static readonly SearchValues<byte> ValueEnd = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000A\u000B\u000C\u000D\u000E\u000F"u8 +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F"u8);

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    public static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    /// <summary>Moves the ends of [start, end) inward over spaces and tabs.</summary>
    public static void Trim(ReadOnlySpan<byte> data, ref int start, ref int end)
    {
        while (start < end && data[start] is Space or Tab)
        {
            start++;
        }
        while (end > start && data[end - 1] is Space or Tab)
        {
            end--;
        }
    }

    /// <summary>Takes the first element of a comma-separated list, without white space around it.</summary>
    /// <returns>Whether another element follows; an empty list has one element, which is empty.</returns>
    public static bool TakeElement(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        int comma = list.IndexOf((byte)',');
        int start = 0;
        int end = comma < 0 ? list.Length : comma;
        Trim(list, ref start, ref end);
        element = list[start..end];
        list = list[(comma + 1)..];
        return comma >= 0;
    }
}
