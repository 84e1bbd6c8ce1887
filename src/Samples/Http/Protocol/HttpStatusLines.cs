namespace Reactor.Samples.Http;

/// <summary>Ready-made status lines. They always say HTTP/1.1, whatever the request said: RFC 9110 §6.2.</summary>
internal static class HttpStatusLines
{
    public static ReadOnlySpan<byte> Get(HttpStatus status) => status switch
    {
        HttpStatus.Ok => "HTTP/1.1 200 OK\r\n"u8,
        HttpStatus.BadRequest => "HTTP/1.1 400 Bad Request\r\n"u8,
        HttpStatus.NotFound => "HTTP/1.1 404 Not Found\r\n"u8,
        HttpStatus.MethodNotAllowed => "HTTP/1.1 405 Method Not Allowed\r\n"u8,
        HttpStatus.RequestTimeout => "HTTP/1.1 408 Request Timeout\r\n"u8,
        HttpStatus.ContentTooLarge => "HTTP/1.1 413 Content Too Large\r\n"u8,
        HttpStatus.UriTooLong => "HTTP/1.1 414 URI Too Long\r\n"u8,
        HttpStatus.ExpectationFailed => "HTTP/1.1 417 Expectation Failed\r\n"u8,
        HttpStatus.RequestHeaderFieldsTooLarge => "HTTP/1.1 431 Request Header Fields Too Large\r\n"u8,
        HttpStatus.NotImplemented => "HTTP/1.1 501 Not Implemented\r\n"u8,
        HttpStatus.HttpVersionNotSupported => "HTTP/1.1 505 HTTP Version Not Supported\r\n"u8,
        _ => "HTTP/1.1 500 Internal Server Error\r\n"u8,
    };
}
