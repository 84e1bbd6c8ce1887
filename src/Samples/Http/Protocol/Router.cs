namespace Reactor.Samples.Http;

/// <summary>The server's few paths. They are compared as they came, without percent-decoding.</summary>
internal static class Router
{
    public static Route Resolve(RequestMethod method, ReadOnlySpan<byte> path)
    {
        if (method is RequestMethod.Unknown or RequestMethod.Trace or RequestMethod.Connect)
        {
            return new Route(RouteAction.NotImplemented, Resource.None);
        }
        Resource resource = Find(path);
        return new Route(resource == Resource.None ? RouteAction.NotFound : Choose(method, resource), resource);
    }

    private static Resource Find(ReadOnlySpan<byte> path) => path.Length switch
    {
        1 when path[0] == (byte)'/' => Resource.Root,
        1 when path[0] == (byte)'*' => Resource.Server,
        5 when path.SequenceEqual("/echo"u8) => Resource.Echo,
        5 when path.SequenceEqual("/json"u8) => Resource.Json,
        10 when path.SequenceEqual("/plaintext"u8) => Resource.Plaintext,
        _ => Resource.None,
    };

    private static RouteAction Choose(RequestMethod method, Resource resource) => (method, resource) switch
    {
        (RequestMethod.Options, _) => RouteAction.Options,
        (RequestMethod.Get or RequestMethod.Head, Resource.Root or Resource.Plaintext or Resource.Json) => RouteAction.Serve,
        (RequestMethod.Post, Resource.Root or Resource.Echo) => RouteAction.Echo,
        _ => RouteAction.MethodNotAllowed,
    };
}
