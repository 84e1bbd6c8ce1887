using System.Net;

namespace Reactor.Samples.Http;

/// <summary>The <c>host[:port]</c> of a Host header or of a request target.</summary>
internal static class Authority
{
    /// <summary>Whether it names a host; user information before it is refused, as RFC 9110 §4.2.4 asks.</summary>
    /// <param name="value">The authority, without white space around it.</param>
    /// <param name="needsPort">Whether a port must be there, as in CONNECT's target.</param>
    public static bool IsValid(ReadOnlySpan<byte> value, bool needsPort = false)
    {
        int hostLength = HostLength(value);
        if (hostLength <= 0)
        {
            return false;
        }
        ReadOnlySpan<byte> port = value[hostLength..];
        return port.IsEmpty ? !needsPort : port[0] == (byte)':' && IsPort(port[1..], needsPort);
    }

    private static int HostLength(ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty && value[0] == (byte)'[')
        {
            int close = value.IndexOf((byte)']');
            return close > 0 && IsIPv6(value[1..close]) ? close + 1 : -1;
        }
        int length = 0;
        while (true)
        {
            int run = value[length..].IndexOfAnyExcept(HttpBytes.RegisteredName);
            if (run < 0)
            {
                return value.Length;
            }
            length += run;
            if (value[length] != (byte)'%')
            {
                return length;
            }
            if (value.Length - length < 3 || HttpBytes.HexValue(value[length + 1]) < 0 || HttpBytes.HexValue(value[length + 2]) < 0)
            {
                return -1;
            }
            length += 3;
        }
    }

    private static bool IsIPv6(ReadOnlySpan<byte> address) =>
        address.Contains((byte)':') && !address.ContainsAnyExcept(HttpBytes.IPv6) && IPAddress.IsValidUtf8(address);

    // The grammar lets a port be empty and calls it the default one.
    private static bool IsPort(ReadOnlySpan<byte> digits, bool needsPort)
    {
        if (digits.Length > 5 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }
        int port = 0;
        foreach (byte digit in digits)
        {
            port = port * 10 + digit - '0';
        }
        return port <= ushort.MaxValue && !(needsPort && digits.IsEmpty);
    }
}
