namespace Reactor.Samples.Http;

/// <summary>
/// Why a request was refused. Every one of these ends the connection, because after it nobody can say where the next
/// request begins. <see cref="HttpErrors"/> has the status and the words.
/// </summary>
internal enum HttpError : byte
{
    None,
    MalformedRequestLine,
    MalformedTarget,
    MalformedVersion,
    MalformedHeaderName,
    FoldedHeader,
    BareCarriageReturn,
    BareLineFeed,
    ControlByteInHeader,
    MissingHost,
    DuplicateHost,
    MalformedHost,
    MalformedContentLength,
    DuplicateContentLength,
    ContentLengthWithTransferEncoding,
    MalformedTransferEncoding,
    TransferEncodingInHttp10,
    MalformedConnection,
    MalformedChunk,
    ChunkExtensionsTooLong,
    MalformedTrailer,
    RequestTimeout,
    BodyTooLarge,
    TargetTooLong,
    ExpectationFailed,
    HeadersTooLarge,
    TooManyHeaders,
    TrailersTooLarge,
    MethodTooLong,
    UnknownTransferCoding,
    VersionNotSupported,
}
