namespace Reactor.Bench.Sockets;

/// <summary>What a connection is answered.</summary>
internal enum ServerKind
{
    /// <summary>A fixed answer for each request head, without parsing, as the C loops give.</summary>
    Http,

    /// <summary>What it has sent.</summary>
    Echo,
}
