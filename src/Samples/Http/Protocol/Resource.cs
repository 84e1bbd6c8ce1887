namespace Reactor.Samples.Http;

/// <summary>What a path names.</summary>
internal enum Resource : byte
{
    None,
    Root,
    Echo,
    Plaintext,
    Json,

    /// <summary>The server as a whole, <c>*</c>.</summary>
    Server,
}
