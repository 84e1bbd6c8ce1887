using System.Net;

namespace Reactor.Net;

/// <summary>What PROXY headers a listener takes. With the protocol switched on, a connection without one is refused: nothing is guessed.</summary>
public sealed class ProxyProtocolOptions
{
    /// <summary>The shortest that a header can be, in version 2.</summary>
    private const int LeastMaxLength = ProxyHeaderParser.BinaryPrefix;

    private static readonly TimeSpan s_longestTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    internal static ProxyProtocolOptions Default { get; } = new();

    /// <summary>
    /// How long after it was accepted a connection may take to bring its whole header. 5 seconds by default; the specification
    /// asks for at least 3, so that a lost segment can come again. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>
    /// waits without end.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest header of version 2 in bytes, with everything in it: from 16 to 65,551. 4,096 by default, as nginx has it,
    /// which leaves room for what a proxy tells of a TLS connection; proxies keep to 536 where they can. Version 1 never has
    /// more than 107.
    /// </summary>
    public int MaxLength { get; set; } = 4_096;

    /// <summary>
    /// Whether to accept connections that the proxy makes for itself, as health checks (LOCAL of version 2). True by default,
    /// as the specification asks.
    /// </summary>
    public bool AllowLocal { get; set; } = true;

    /// <summary>
    /// Whether to accept connections of which the proxy does not tell the client's address (UNKNOWN of version 1, unspecified
    /// families of version 2). True by default, as the specification recommends; the proxy is then taken for the client.
    /// </summary>
    public bool AllowUnknown { get; set; } = true;

    /// <summary>
    /// The networks that proxies are in; connections from elsewhere are refused unread. Null, the default, trusts whoever can
    /// connect: then a firewall must keep out everybody but the proxies, because a header can claim any address. An IPv4
    /// network also takes the IPv6 form of its addresses. Peers without an IP address are not checked.
    /// </summary>
    public IReadOnlyList<IPNetwork>? TrustedProxies { get; set; }

    internal ProxyProtocolOptions Copy() => (ProxyProtocolOptions)MemberwiseClone();

    internal bool Trusts(EndPoint? peer)
    {
        if (TrustedProxies is not { } networks || peer is not IPEndPoint { Address: var address })
        {
            return true;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (IPNetwork network in networks)
        {
            if (network.Contains(plain) || network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate(string path)
    {
        if (Timeout != System.Threading.Timeout.InfiniteTimeSpan && (Timeout <= TimeSpan.Zero || Timeout > s_longestTimeout))
        {
            throw OptionChecks.Refuse(path, nameof(Timeout), Timeout, $"more than zero, up to {s_longestTimeout:d\\.hh\\:mm}, is possible, and Timeout.InfiniteTimeSpan to wait without end");
        }

        if (MaxLength is < LeastMaxLength or > ProxyHeaderParser.LongestBinary)
        {
            throw OptionChecks.Refuse(path, nameof(MaxLength), MaxLength, $"from {LeastMaxLength} to {ProxyHeaderParser.LongestBinary} is possible");
        }
    }
}
