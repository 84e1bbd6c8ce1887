namespace Reactor.Net;

/// <summary>For how long the handler of a server, and what it is constructed with, lives.</summary>
public enum TcpHandlerLifetime
{
    /// <summary>Each connection has a handler and a scope of services of its own, disposed on its shard when the handler has returned.</summary>
    Connection,

    /// <summary>
    /// Each shard has one handler for all its connections, made when the server starts, with services from the scope of the
    /// shard. It runs on that shard only, and so needs no lock.
    /// </summary>
    Shard,
}
