namespace Reactor.Samples.Http;

/// <summary>What <see cref="HttpBodyReader.Read"/> found.</summary>
internal enum BodyStatus : byte
{
    /// <summary>All the input is consumed and the body goes on; there may be content in it.</summary>
    NeedMore,

    /// <summary>A run of content; call again with the input behind what was consumed.</summary>
    Content,

    /// <summary>The body has ended, with or without content in this call; the next request begins behind what was consumed.</summary>
    Done,

    /// <summary>Refused; <see cref="HttpBodyReader.Error"/> says why, and the connection must end.</summary>
    Error,
}
