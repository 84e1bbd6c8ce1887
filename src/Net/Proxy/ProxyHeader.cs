using System.Net;

namespace Reactor.Net;

/// <summary>
/// What a proxy says of the connection that it passes on: the header that the PROXY protocol puts before the client's first
/// byte (HAProxy's "The PROXY protocol", versions 1 and 2).
/// </summary>
public sealed partial class ProxyHeader
{
    internal ProxyHeader(int version, ProxyTransport transport)
    {
        Version = version;
        Transport = transport;
    }

    /// <summary>1, a line of text, or 2, binary.</summary>
    public int Version { get; }

    /// <summary>
    /// Whether the proxy has made the connection for itself, as for a health check (LOCAL of version 2). Then nothing else is
    /// known of it.
    /// </summary>
    public bool IsLocal { get; internal init; }

    /// <summary>What the client's connection runs over.</summary>
    public ProxyTransport Transport { get; }

    /// <summary>The client's address, as the proxy says; null when it does not say, and for Unix sockets.</summary>
    public IPEndPoint? Source { get; internal init; }

    /// <summary>The address that the client has connected to; null when the proxy does not say, and for Unix sockets.</summary>
    public IPEndPoint? Destination { get; internal init; }

    /// <summary>The path of the client's Unix socket without zeros at its end; an abstract name begins with one. Empty for other transports.</summary>
    public ReadOnlyMemory<byte> UnixSource { get; internal init; }

    /// <summary>The path of the Unix socket that the client has connected to, likewise.</summary>
    public ReadOnlyMemory<byte> UnixDestination { get; internal init; }

    /// <summary>
    /// What else the proxy tells (version 2). None for LOCAL connections and those of unknown transports: where values would
    /// begin there is not said.
    /// </summary>
    public ProxyTlvs Tlvs { get; internal init; }

    /// <summary>
    /// Looks whether the first bytes of a connection are a PROXY header, of either version. It remembers nothing: with more
    /// bytes, call again with all of them. Allocates nothing until the header is whole.
    /// </summary>
    /// <param name="bytes">What has come of the connection, from its first byte on; what follows the header does no harm.</param>
    /// <param name="options">What to take; the timeout and the trusted proxies are for who receives. Null for the defaults.</param>
    /// <returns>The header, or that more is needed, or why there is none. More bytes never change a header or a reason.</returns>
    public static ProxyParseResult Parse(ReadOnlySpan<byte> bytes, ProxyProtocolOptions? options = null) =>
        ProxyHeaderParser.Parse(bytes, options ?? ProxyProtocolOptions.Default);

    /// <summary>
    /// Receives the header of a connection, exactly its bytes: what follows is for the next receive. The header is then to be
    /// had from <see cref="StreamConnection.ProxyHeader"/> too. A server does this by itself, with
    /// <see cref="ServerOptions.ProxyProtocol"/>.
    /// </summary>
    /// <param name="connection">A connection of the current shard from which nothing has been received yet.</param>
    /// <param name="options">What to take, and how long to wait for it; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ProxyHeaderException">There is no header, or it is refused. The connection is left open: abort it.</exception>
    /// <exception cref="ArgumentException">An option cannot be met.</exception>
    /// <exception cref="InvalidOperationException">Not on the connection's shard, or a receive is pending.</exception>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The connection failed, or was closed on this side meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static async ValueTask<ProxyHeader> ReceiveAsync(StreamConnection connection, ProxyProtocolOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= ProxyProtocolOptions.Default;
        options.Validate(nameof(ProxyProtocolOptions));
        ProxyParseResult result = await ProxyHeaderReceiver.ReceiveAsync(connection, options, cancellationToken);
        return result.Header ?? throw new ProxyHeaderException(connection.ToString()!, result.Error, options);
    }

    /// <summary>The addresses, as messages show them.</summary>
    public override string ToString()
    {
        string what = IsLocal ? "LOCAL" : Source is null ? $"{Transport}" : $"{Transport} from {Source} to {Destination}";
        return $"PROXY v{Version} {what}";
    }
}
