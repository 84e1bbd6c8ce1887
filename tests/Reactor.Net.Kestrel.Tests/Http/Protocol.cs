namespace Reactor.Net.Kestrel.Tests.Http;

/// <summary>By which a request comes.</summary>
public enum Protocol
{
    Http1,
    Http1OverTls,
    Http2,
    Http2OverTls,
}
