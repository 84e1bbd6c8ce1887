namespace Reactor.Samples.Tests.Http;

/// <summary>One request as the server understood it. Bytes are Latin-1 text, so that a failed test can be read.</summary>
internal sealed record Exchange(
    string Method,
    string Path,
    string Query,
    string Authority,
    bool IsHttp10,
    bool KeepAlive,
    bool ExpectContinue,
    string Body);
