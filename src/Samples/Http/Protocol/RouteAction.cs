namespace Reactor.Samples.Http;

/// <summary>What is to be done about a well-formed request.</summary>
internal enum RouteAction : byte
{
    /// <summary>Answer with the resource's own content.</summary>
    Serve,

    /// <summary>Send the request's body back.</summary>
    Echo,

    /// <summary>Say which methods the resource has.</summary>
    Options,

    NotFound,
    MethodNotAllowed,

    /// <summary>A method that no resource has: one nobody knows, TRACE (it would show cookies to scripts) or CONNECT.</summary>
    NotImplemented,
}
