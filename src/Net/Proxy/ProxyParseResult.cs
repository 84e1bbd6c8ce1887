namespace Reactor.Net;

/// <summary>What the first bytes of a connection are, as PROXY headers go: a whole one, a part of one, or none.</summary>
public readonly struct ProxyParseResult
{
    private ProxyParseResult(ProxyHeader? header, int consumed, ProxyHeaderError error)
    {
        Header = header;
        Consumed = consumed;
        Error = error;
    }

    /// <summary>The header, if it is whole and valid.</summary>
    public ProxyHeader? Header { get; }

    /// <summary>How many bytes the header has; what follows is the client's. 0 without a header.</summary>
    public int Consumed { get; }

    /// <summary>Why the connection is to be refused; no further bytes would change that.</summary>
    public ProxyHeaderError Error { get; }

    /// <summary>Whether these bytes are the beginning of a header. All of them belong to it, and so do more.</summary>
    public bool NeedsMore => Header is null && Error == ProxyHeaderError.None;

    internal static ProxyParseResult Complete(ProxyHeader header, int consumed) => new(header, consumed, ProxyHeaderError.None);

    /// <param name="error">Why; or <see cref="ProxyHeaderError.None"/> when more is needed.</param>
    internal static ProxyParseResult WithoutHeader(ProxyHeaderError error) => new(null, 0, error);
}
