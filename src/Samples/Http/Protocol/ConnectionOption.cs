namespace Reactor.Samples.Http;

/// <summary>What the Connection header of a response says.</summary>
internal enum ConnectionOption : byte
{
    /// <summary>Nothing: in HTTP/1.1 a connection persists without saying so.</summary>
    None,

    /// <summary><c>keep-alive</c>, which an HTTP/1.0 client that asked for it waits to hear.</summary>
    KeepAlive,

    /// <summary><c>close</c>: this is the last response.</summary>
    Close,
}
