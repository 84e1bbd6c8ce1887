namespace Reactor.Net;

/// <summary>The counters of a <see cref="TcpServer"/> at one moment, summed over its shards.</summary>
/// <param name="Accepted">Connections accepted since the start.</param>
/// <param name="Active">Connections whose handler runs now.</param>
/// <param name="AcceptErrors">Times that accepting failed and was paused, for lack of file descriptors or memory.</param>
/// <param name="ConnectionFailures">Handlers that ended with a socket error or by cancellation: the peer reset the connection, or it was aborted here.</param>
/// <param name="HandlerFailures">Handlers that ended with any other exception; each was told to <see cref="ReactorOptions.UnhandledException"/>.</param>
public readonly record struct TcpServerStatistics(long Accepted, long Active, long AcceptErrors, long ConnectionFailures, long HandlerFailures);
