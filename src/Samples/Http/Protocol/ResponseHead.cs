namespace Reactor.Samples.Http;

/// <summary>What varies in the head of a response. The defaults leave a header out.</summary>
internal readonly ref struct ResponseHead
{
    public HttpStatus Status { get; init; }

    /// <summary>The media type; empty for a response without content.</summary>
    public ReadOnlySpan<byte> ContentType { get; init; }

    /// <summary>Always sent, also when 0: it is what ends the response. A HEAD response carries that of its GET.</summary>
    public long ContentLength { get; init; }

    /// <summary>The methods of the resource, for 405 and OPTIONS.</summary>
    public ReadOnlySpan<byte> Allow { get; init; }

    public ConnectionOption Connection { get; init; }
}
