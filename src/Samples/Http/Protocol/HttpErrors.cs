namespace Reactor.Samples.Http;

/// <summary>The status and the words of each <see cref="HttpError"/>.</summary>
internal static class HttpErrors
{
    public static HttpStatus Status(HttpError error) => error switch
    {
        HttpError.RequestTimeout => HttpStatus.RequestTimeout,
        HttpError.BodyTooLarge => HttpStatus.ContentTooLarge,
        HttpError.TargetTooLong => HttpStatus.UriTooLong,
        HttpError.ExpectationFailed => HttpStatus.ExpectationFailed,
        HttpError.HeadersTooLarge or HttpError.TooManyHeaders or HttpError.TrailersTooLarge => HttpStatus.RequestHeaderFieldsTooLarge,
        HttpError.MethodTooLong or HttpError.UnknownTransferCoding => HttpStatus.NotImplemented,
        HttpError.VersionNotSupported => HttpStatus.HttpVersionNotSupported,
        _ => HttpStatus.BadRequest,
    };

    /// <summary>One line for the body of the answer. Fixed words: nothing that the peer sent is repeated to it.</summary>
    public static ReadOnlySpan<byte> Text(HttpError error) => error switch
    {
        HttpError.MalformedRequestLine => "The request line is malformed.\n"u8,
        HttpError.MalformedTarget => "The request target is malformed or not allowed for this method.\n"u8,
        HttpError.MalformedVersion => "The request line does not end in an HTTP version.\n"u8,
        HttpError.MalformedHeaderName => "A header name is malformed.\n"u8,
        HttpError.FoldedHeader => "A header line begins with white space.\n"u8,
        HttpError.BareCarriageReturn => "A carriage return is not followed by a line feed.\n"u8,
        HttpError.BareLineFeed => "A line feed does not follow a carriage return.\n"u8,
        HttpError.ControlByteInHeader => "A header value holds a control byte.\n"u8,
        HttpError.MissingHost => "The Host header is missing.\n"u8,
        HttpError.DuplicateHost => "There is more than one Host header.\n"u8,
        HttpError.MalformedHost => "The Host header is malformed.\n"u8,
        HttpError.MalformedContentLength => "Content-Length is not a decimal number.\n"u8,
        HttpError.DuplicateContentLength => "There is more than one Content-Length header.\n"u8,
        HttpError.ContentLengthWithTransferEncoding => "Content-Length and Transfer-Encoding exclude each other.\n"u8,
        HttpError.MalformedTransferEncoding => "Transfer-Encoding is malformed.\n"u8,
        HttpError.TransferEncodingInHttp10 => "HTTP/1.0 has no Transfer-Encoding.\n"u8,
        HttpError.MalformedConnection => "The Connection header is malformed.\n"u8,
        HttpError.MalformedChunk => "The chunked body is malformed.\n"u8,
        HttpError.ChunkExtensionsTooLong => "The chunk extensions are too long.\n"u8,
        HttpError.MalformedTrailer => "A trailer line is malformed.\n"u8,
        HttpError.RequestTimeout => "The request did not arrive in time.\n"u8,
        HttpError.BodyTooLarge => "The request body is too large.\n"u8,
        HttpError.TargetTooLong => "The request target is too long.\n"u8,
        HttpError.ExpectationFailed => "The only expectation supported is 100-continue.\n"u8,
        HttpError.HeadersTooLarge => "The request headers are too large.\n"u8,
        HttpError.TooManyHeaders => "There are too many request headers.\n"u8,
        HttpError.TrailersTooLarge => "The trailers are too large.\n"u8,
        HttpError.MethodTooLong => "The method is not implemented.\n"u8,
        HttpError.UnknownTransferCoding => "The only transfer coding supported is chunked.\n"u8,
        HttpError.VersionNotSupported => "The only HTTP versions supported are 1.0 and 1.1.\n"u8,
        _ => "The request is malformed.\n"u8,
    };
}
