namespace Reactor.Samples.Http;

/// <summary>Names of methods. They are case-sensitive: <c>get</c> is a method that nobody implements.</summary>
internal static class RequestMethods
{
    public static RequestMethod Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("GET"u8) => RequestMethod.Get,
        3 when name.SequenceEqual("PUT"u8) => RequestMethod.Put,
        4 when name.SequenceEqual("HEAD"u8) => RequestMethod.Head,
        4 when name.SequenceEqual("POST"u8) => RequestMethod.Post,
        5 when name.SequenceEqual("PATCH"u8) => RequestMethod.Patch,
        5 when name.SequenceEqual("TRACE"u8) => RequestMethod.Trace,
        6 when name.SequenceEqual("DELETE"u8) => RequestMethod.Delete,
        7 when name.SequenceEqual("OPTIONS"u8) => RequestMethod.Options,
        7 when name.SequenceEqual("CONNECT"u8) => RequestMethod.Connect,
        _ => RequestMethod.Unknown,
    };
}
