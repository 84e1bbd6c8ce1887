namespace Reactor.Samples.Http;

/// <summary>The headers that decide about framing and the connection; the parser reads no other.</summary>
internal enum KnownHeader : byte
{
    Other,
    Host,
    Connection,
    ContentLength,
    TransferEncoding,
    Expect,
}
