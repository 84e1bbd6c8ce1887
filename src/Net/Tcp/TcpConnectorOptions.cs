using System.Net.Sockets;

namespace Reactor.Net;

/// <summary>How <see cref="TcpConnector"/> finds its way to a host.</summary>
public sealed class TcpConnectorOptions
{
    /// <summary>How the socket of the connection is set.</summary>
    public TcpConnectionOptions Connection { get; set; } = new();

    /// <summary>
    /// How long it may take in all, the look-up of the name and every address included.
    /// <see cref="Timeout.InfiniteTimeSpan"/>, the default as with .NET's HttpClient, leaves it to the system: the kernel
    /// gives an address up after about two minutes (net.ipv4.tcp_syn_retries).
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long an address has before the next one is tried beside it; one that fails lets the next begin at once.
    /// 250 milliseconds by default, which RFC 8305 (section 5) recommends, with 100 milliseconds to 2 seconds as sensible
    /// limits. Zero tries all at once, <see cref="Timeout.InfiniteTimeSpan"/> one after the other.
    /// </summary>
    public TimeSpan AttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Which addresses of a host are tried first, in turn with those of the other family.
    /// <see cref="AddressFamily.Unspecified"/>, the default, takes the family of the address that the resolver has put
    /// first. Addresses that are given as such are tried in the order given.
    /// </summary>
    public AddressFamily PreferredFamily { get; set; }

    /// <summary>Finds the addresses of hosts. <see cref="HostResolver.Default"/>, the system's, by default.</summary>
    public HostResolver Resolver { get; set; } = HostResolver.Default;

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
        if (Connection is null)
        {
            throw Refuse(nameof(Connection), null, $"a {nameof(TcpConnectionOptions)} is needed");
        }

        Connection.Validate($"{nameof(TcpConnectorOptions)}.{nameof(Connection)}");
        if (ConnectTimeout != Timeout.InfiniteTimeSpan && ConnectTimeout <= TimeSpan.Zero)
        {
            throw Refuse(nameof(ConnectTimeout), ConnectTimeout, "more than zero is needed; Timeout.InfiniteTimeSpan leaves it to the system");
        }

        if (AttemptDelay != Timeout.InfiniteTimeSpan && AttemptDelay < TimeSpan.Zero)
        {
            throw Refuse(nameof(AttemptDelay), AttemptDelay, "zero or more is possible, and Timeout.InfiniteTimeSpan for one address after the other");
        }

        if (PreferredFamily is not (AddressFamily.Unspecified or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw Refuse(nameof(PreferredFamily), PreferredFamily, $"TCP takes {AddressFamily.InterNetwork} and {AddressFamily.InterNetworkV6}; {AddressFamily.Unspecified} follows the resolver");
        }
    }

    private static ArgumentException Refuse(string option, object? value, string why) => OptionChecks.Refuse(nameof(TcpConnectorOptions), option, value, why);
}
