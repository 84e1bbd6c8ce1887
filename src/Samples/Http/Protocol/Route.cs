namespace Reactor.Samples.Http;

/// <summary>Where a request leads, and what its answer is made of. Two bytes, so that it may be kept while a body comes in.</summary>
internal readonly record struct Route(RouteAction Action, Resource Resource)
{
    public HttpStatus Status => Action switch
    {
        RouteAction.NotFound => HttpStatus.NotFound,
        RouteAction.MethodNotAllowed => HttpStatus.MethodNotAllowed,
        RouteAction.NotImplemented => HttpStatus.NotImplemented,
        _ => HttpStatus.Ok,
    };

    /// <summary>The content of the answer; empty for an echo, whose content is the request's.</summary>
    public ReadOnlySpan<byte> Body => Action switch
    {
        RouteAction.Serve => Content(Resource),
        RouteAction.NotFound => "There is nothing at this path.\n"u8,
        RouteAction.MethodNotAllowed => "The resource does not have this method.\n"u8,
        RouteAction.NotImplemented => "The method is not implemented.\n"u8,
        _ => default,
    };

    public ReadOnlySpan<byte> ContentType => Action switch
    {
        RouteAction.Echo => "application/octet-stream"u8,
        RouteAction.Options => default,
        RouteAction.Serve when Resource == Resource.Json => "application/json"u8,
        _ => HttpResponseWriter.TextPlain,
    };

    /// <summary>The value of Allow, where the answer has one.</summary>
    public ReadOnlySpan<byte> Allow => Action is RouteAction.Options or RouteAction.MethodNotAllowed ? Methods(Resource) : default;

    /// <summary>The head of the answer.</summary>
    /// <param name="contentLength">The length of <see cref="Body"/>, or for an echo that of the request's body.</param>
    /// <param name="connection">What the request lets the answer say about the connection.</param>
    public ResponseHead Head(long contentLength, ConnectionOption connection) => new()
    {
        Status = Status,
        ContentType = ContentType,
        ContentLength = contentLength,
        Allow = Allow,
        Connection = connection,
    };

    private static ReadOnlySpan<byte> Content(Resource resource) => resource switch
    {
        Resource.Json => """{"message":"Hello, World!"}"""u8,
        Resource.Plaintext => "Hello, World!"u8,
        _ => "Reactor: one event loop for each core.\n"u8,
    };

    private static ReadOnlySpan<byte> Methods(Resource resource) => resource switch
    {
        Resource.Echo => "POST, OPTIONS"u8,
        Resource.Plaintext or Resource.Json => "GET, HEAD, OPTIONS"u8,
        _ => "GET, HEAD, POST, OPTIONS"u8,
    };
}
