namespace Reactor.Net;

/// <summary>What a proxy says that its client's connection runs over.</summary>
public enum ProxyTransport
{
    /// <summary>The proxy does not say: UNKNOWN in version 1, an unspecified family or protocol in version 2, and every LOCAL connection.</summary>
    Unknown,

    /// <summary>TCP over IPv4.</summary>
    Tcp4,

    /// <summary>TCP over IPv6.</summary>
    Tcp6,

    /// <summary>UDP over IPv4 (version 2).</summary>
    Udp4,

    /// <summary>UDP over IPv6 (version 2).</summary>
    Udp6,

    /// <summary>A Unix stream socket (version 2).</summary>
    UnixStream,

    /// <summary>A Unix datagram socket (version 2).</summary>
    UnixDatagram,
}
