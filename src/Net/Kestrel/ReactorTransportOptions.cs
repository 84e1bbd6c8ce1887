namespace Reactor.Net;

/// <summary>
/// How Kestrel's connections are accepted and served on the shards. Read from the section <c>Reactor:Kestrel</c> of the
/// configuration, then changed by code. All listeners of Kestrel share the shards of the application's <see cref="ReactorHost"/>.
/// </summary>
public sealed class ReactorTransportOptions
{
    /// <summary>
    /// Where the application runs. <see cref="ApplicationScheduling.ThreadPool"/> by default. A listener may have its own:
    /// <c>listenOptions.UseScheduling(ApplicationScheduling.Inline)</c>.
    /// </summary>
    public ApplicationScheduling Scheduling { get; set; }

    /// <summary>
    /// So many bytes of a connection are received before the application reads them, after which the peer has to wait: 1 MiB
    /// by default, as with Kestrel's sockets. Null or 0 for no limit.
    /// </summary>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// With so many bytes written that the peer has not taken, flushes wait: 64 KiB by default, as with Kestrel's sockets.
    /// They go on when half of it has gone. Null or 0 for no limit.
    /// </summary>
    public int? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>
    /// How TCP connections come to the shards; those of Unix domain sockets, and those of one socket that was opened by
    /// somebody else, come to the shard with the fewest. <see cref="ConnectionDistribution.ReusePort"/> by default.
    /// </summary>
    public ConnectionDistribution Distribution { get; set; }

    /// <summary>Has every connection begin with a header of the PROXY protocol, whose client address Kestrel is given as the remote one. Null, the default, for none.</summary>
    public ProxyProtocolOptions? ProxyProtocol { get; set; }

    /// <summary>How TCP sockets are set.</summary>
    public TcpListenerOptions Tcp { get; set; } = new();

    /// <summary>How Unix domain sockets are set, and what becomes of their files.</summary>
    public UnixListenerOptions Unix { get; set; } = new();

    /// <summary>The same as a limit of a pipe.</summary>
    internal long ReadLimit => MaxReadBufferSize is > 0 and { } limit ? limit : long.MaxValue;

    /// <summary>The same as a limit of a pipe.</summary>
    internal int WriteLimit => MaxWriteBufferSize is > 0 and { } limit ? limit : int.MaxValue;

    /// <exception cref="ArgumentException">An option cannot be met; the message names it, its value and what would do.</exception>
    internal void Validate()
    {
        if (!Enum.IsDefined(Scheduling))
        {
            throw Refuse(nameof(Scheduling), Scheduling, $"known are {string.Join(", ", Enum.GetNames<ApplicationScheduling>())}");
        }

        if (MaxReadBufferSize < 0)
        {
            throw Refuse(nameof(MaxReadBufferSize), MaxReadBufferSize, "at least 1 is needed; null or 0 for no limit");
        }

        if (MaxWriteBufferSize < 0)
        {
            throw Refuse(nameof(MaxWriteBufferSize), MaxWriteBufferSize, "at least 1 is needed; null or 0 for no limit");
        }

        if (Tcp is null)
        {
            throw Refuse(nameof(Tcp), null, $"a {nameof(TcpListenerOptions)} is needed");
        }

        if (Unix is null)
        {
            throw Refuse(nameof(Unix), null, $"a {nameof(UnixListenerOptions)} is needed");
        }

        Tcp.Validate($"{nameof(ReactorTransportOptions)}.{nameof(Tcp)}");
        TcpServer().Validate([]);
        UnixServer().Validate([]);
    }

    internal TcpServerOptions TcpServer() => new() { Listener = Tcp, Distribution = Distribution, ProxyProtocol = ProxyProtocol };

    internal UnixServerOptions UnixServer() => new() { Listener = Unix, ProxyProtocol = ProxyProtocol };

    private static ArgumentException Refuse(string option, object? value, string why) =>
        OptionChecks.Refuse(nameof(ReactorTransportOptions), option, value, why);
}
