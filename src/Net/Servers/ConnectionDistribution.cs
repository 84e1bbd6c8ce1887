namespace Reactor.Net;

/// <summary>How the connections of a server come to its shards. Wherever it was accepted, a connection belongs to the shard that serves it.</summary>
public enum ConnectionDistribution
{
    /// <summary>
    /// Each shard has a listener of its own, and the kernel spreads connections over them by a hash of their addresses and
    /// ports (SO_REUSEPORT). Nothing passes between shards; many connections spread evenly, a few need not.
    /// </summary>
    ReusePort,

    /// <summary>
    /// Shard 0 accepts, and hands each connection to the shard that serves the fewest connections of this server; of
    /// several, to the one whose turn it is. For few connections that live long.
    /// </summary>
    LeastConnections,

    /// <summary>
    /// Shard 0 accepts, and hands each connection to the shard whose number is the client's port modulo the number of
    /// shards. A client that knows the number chooses its shard by the port that it binds. Only for clients that choose:
    /// Linux gives the others even ports as long as it has any, which leaves every second shard idle.
    /// </summary>
    ClientPort,

    /// <summary>
    /// Each shard has a listener of its own, and the kernel prefers the one whose CPU handles a connection's packets
    /// (SO_INCOMING_CPU). For network cards whose queues are bound to the CPUs of the shards. It needs shards that are
    /// pinned, each to one CPU, and Linux 6.2: before, connections are spread as with <see cref="ReusePort"/>.
    /// </summary>
    IncomingCpu,

    /// <summary>
    /// Shard 0 accepts, and hands the connections to the shards in turn. For many short connections that cost about the
    /// same.
    /// </summary>
    RoundRobin,
}
