namespace Reactor.Bench.Kestrel;

/// <summary>On which transport Kestrel is, and where that runs what follows an I/O completion.</summary>
internal enum TransportMode
{
    /// <summary>On the thread pool, twice: the socket's completion and the pipe's reader.</summary>
    Default,

    /// <summary>On the thread that epoll woke, as far as the settings allow: the cheapest that sockets can do.</summary>
    Inline,

    /// <summary>On the shards of Reactor, the application on the thread pool.</summary>
    Reactor,

    /// <summary>On the shards of Reactor, the application too.</summary>
    ReactorInline,
}
