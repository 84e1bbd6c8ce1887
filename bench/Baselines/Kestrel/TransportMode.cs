namespace Reactor.Bench.Kestrel;

/// <summary>Where Kestrel's sockets transport runs what follows an I/O completion.</summary>
internal enum TransportMode
{
    /// <summary>On the thread pool, twice: the socket's completion and the pipe's reader.</summary>
    Default,

    /// <summary>On the thread that epoll woke, as far as the settings allow: the cheapest that sockets can do.</summary>
    Inline,
}
