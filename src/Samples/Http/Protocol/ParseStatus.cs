namespace Reactor.Samples.Http;

/// <summary>What <see cref="HttpRequestParser.Parse"/> found.</summary>
internal enum ParseStatus : byte
{
    /// <summary>The head is not all there; call again with the same bytes and more behind them.</summary>
    NeedMore,

    /// <summary>A complete and valid head.</summary>
    Complete,

    /// <summary>Refused; <see cref="HttpRequestParser.Error"/> says why, and the connection must end.</summary>
    Error,
}
