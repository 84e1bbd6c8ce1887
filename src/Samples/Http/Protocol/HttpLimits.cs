namespace Reactor.Samples.Http;

/// <summary>What one request may cost, so that a peer cannot make the server hold or scan more than it chose to.</summary>
internal sealed record HttpLimits
{
    /// <summary>The limits of a server that nobody configured.</summary>
    public static HttpLimits Default { get; } = new();

    /// <summary>Longest method; beyond it 501, as RFC 9112 §3 asks for methods longer than any that is implemented.</summary>
    public int MaxMethodBytes { get; init; } = 32;

    /// <summary>Longest request target; beyond it 414. RFC 9112 §3 recommends to support request lines of 8000 bytes.</summary>
    public int MaxTargetBytes { get; init; } = 8000;

    /// <summary>Longest header line without its CRLF; beyond it 431.</summary>
    public int MaxHeaderLineBytes { get; init; } = 8192;

    /// <summary>All header lines together, with their CRLFs; beyond it 431.</summary>
    public int MaxHeaderBytes { get; init; } = 16384;

    /// <summary>Number of header lines; beyond it 431.</summary>
    public int MaxHeaders { get; init; } = 100;

    /// <summary>Decoded body bytes; beyond it 413, as soon as Content-Length or a chunk size says so.</summary>
    public long MaxBodyBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Chunk-extension bytes of a whole message; beyond it 400. A bound for each chunk would not help: a body of
    /// one-byte chunks could still carry a thousand times its size.
    /// </summary>
    public int MaxChunkExtensionBytes { get; init; } = 4096;

    /// <summary>All trailer lines together, without their CRLFs; beyond it 431.</summary>
    public int MaxTrailerBytes { get; init; } = 4096;

    /// <summary>
    /// The longest head that is accepted, and so the size of buffer in which <see cref="HttpRequestParser"/> always
    /// comes to a verdict: the empty line before it, the request line, the headers, the CRLF of a last header that
    /// used up the limit, and the empty line after it.
    /// </summary>
    public int MaxHeadBytes => checked(2 + MaxMethodBytes + 1 + MaxTargetBytes + " HTTP/1.1\r\n".Length + MaxHeaderBytes + 2 + 2);
}
