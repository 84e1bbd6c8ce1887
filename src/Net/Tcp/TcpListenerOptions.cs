using Tmds.Linux;

namespace Reactor.Net;

/// <summary>How a TCP listener is set.</summary>
public sealed class TcpListenerOptions
{
    /// <summary>The kernel's longest, in seconds: it counts in retransmissions of the SYN, of which there are at most 255.</summary>
    private const int LongestDeferSeconds = 29_887;

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

    /// <summary>
    /// Has the kernel keep a connection to itself until the client has sent something, for about this long
    /// (TCP_DEFER_ACCEPT): whole seconds, from 1 to 29,887. So a client that says nothing costs no descriptor, and one that speaks
    /// finds its first receive ready. The kernel counts in retransmissions: it rounds up to 1, 3, 7, 15, 31, 63, … seconds, and
    /// hands over who has said nothing by then all the same. Null, the default, hands over at once. Not for protocols in which
    /// the server speaks first.
    /// </summary>
    public TimeSpan? DeferAccept { get; set; }

    /// <summary>
    /// How many connections may wait whose SYN brought data and whose handshake is not over (TCP_FASTOPEN): from 1; the kernel
    /// caps it at net.core.somaxconn. Their data is served at once, and may arrive twice, as a SYN may. Null, the default,
    /// for none. Bit 2 of net.ipv4.tcp_fastopen allows it; without, the kernel takes the option and does nothing.
    /// </summary>
    public int? FastOpenQueueLength { get; set; }

    /// <summary>How the sockets of its connections are set.</summary>
    public TcpConnectionOptions Connection { get; set; } = new();

    /// <param name="path">How the user reaches these options, as in <c>TcpServerOptions.Listener</c>.</param>
    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate(string path)
    {
        if (Backlog < 1)
        {
            throw OptionChecks.Refuse(path, nameof(Backlog), Backlog, "at least 1 is needed");
        }

        if (DeferAccept is { } time && !OptionChecks.IsWhole(time, TimeSpan.TicksPerSecond, LongestDeferSeconds))
        {
            throw OptionChecks.Refuse(path, nameof(DeferAccept), time, $"whole seconds from 1 to {LongestDeferSeconds} are possible; null hands connections over at once");
        }

        if (FastOpenQueueLength < 1)
        {
            throw OptionChecks.Refuse(path, nameof(FastOpenQueueLength), FastOpenQueueLength, "at least 1 is needed; leave it null for no fast open");
        }

        if (Connection is null)
        {
            throw OptionChecks.Refuse(path, nameof(Connection), null, $"a {nameof(TcpConnectionOptions)} is needed");
        }

        Connection.ValidateForListener($"{path}.{nameof(Connection)}");
    }

    /// <summary>Sets what a listening socket has whoever has bound it.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The kernel refuses an option.</exception>
    internal void ApplyTo(string attempt, Shard shard, int fd)
    {
        Connection.ApplyTo(attempt, shard, fd);
        if (DeferAccept is { } time)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_DEFER_ACCEPT, nameof(LibC.TCP_DEFER_ACCEPT), (int)time.TotalSeconds);
        }

        if (FastOpenQueueLength is { } length)
        {
            ShardSocket.SetOption(attempt, shard, fd, LibC.IPPROTO_TCP, LibC.TCP_FASTOPEN, nameof(LibC.TCP_FASTOPEN), length);
        }
    }
}
