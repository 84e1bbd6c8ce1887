namespace Reactor.Net;

/// <summary>How a TCP listener is set.</summary>
public sealed class TcpListenerOptions
{
    /// <summary>
    /// How many connections may wait to be accepted; the kernel caps it at net.core.somaxconn. 4,096 by default, which is
    /// the kernel's own default for that cap.
    /// </summary>
    public int Backlog { get; set; } = 4_096;

    /// <summary>
    /// Whether a listener on <see cref="System.Net.IPAddress.IPv6Any"/> takes IPv4 connections too, whose addresses then
    /// read <c>::ffff:1.2.3.4</c> (IPV6_V6ONLY off). True by default; of no effect on other addresses.
    /// </summary>
    public bool DualMode { get; set; } = true;

    /// <summary>How the sockets of its connections are set.</summary>
    public TcpConnectionOptions Connection { get; set; } = new();
}
