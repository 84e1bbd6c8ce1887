using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Reactor.Net.Hosting;

/// <summary>Where to listen, as written in a configuration: one or several addresses of one port.</summary>
internal sealed class ListenAddress
{
    private const string Accepted = "write address:port, where the address is 127.0.0.1, 0.0.0.0, [::1], [::], localhost or * and their like, and the port is from 0 to 65535.";

    private ListenAddress(params IPEndPoint[] endPoints) => EndPoints = endPoints;

    internal IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Whether one address that cannot be had is no failure, as long as another can: a machine need not have IPv6.</summary>
    internal bool TakesWhatThereIs => EndPoints.Count > 1;

    internal static ListenAddress Parse(string text) =>
        TryParse(text, out ListenAddress? address, out string? problem) ? address : throw new FormatException($"'{text}': {problem}");

    /// <param name="text">As a user wrote it.</param>
    /// <param name="address">What it means.</param>
    /// <param name="problem">Or else what is wrong with it, as the rest of a sentence, and what would do.</param>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        problem = Accepted;
        int colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        string host = text![..colon];
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            if (port == 0)
            {
                problem = "localhost is two addresses, which need one port. Name it, or write 127.0.0.1:0 or [::1]:0 to have one chosen.";
                return false;
            }

            address = new ListenAddress(new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.IPv6Loopback, port));
        }
        else if (host == "*")
        {
            // The former takes IPv4 too.
            address = new ListenAddress(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        }
        else if (TryParseAddress(host, out IPAddress? ip))
        {
            address = new ListenAddress(new IPEndPoint(ip, port));
        }

        problem = address is null ? Accepted : null;
        return address is not null;
    }

    /// <summary>IPv6 stands in brackets, or else it could not be told where the port begins.</summary>
    private static bool TryParseAddress(string host, [NotNullWhen(true)] out IPAddress? ip)
    {
        bool isBracketed = host is ['[', .., ']'];
        return IPAddress.TryParse(isBracketed ? host[1..^1] : host, out ip)
            && isBracketed == (ip.AddressFamily == AddressFamily.InterNetworkV6);
    }
}
