namespace Reactor.Net;

/// <summary>The counters of a server at one moment: of one shard, or summed over all.</summary>
/// <param name="Accepted">Connections accepted since the start, counted at the shard that they were given to.</param>
/// <param name="Active">Connections now: their handler runs, or they are on their way to their shard.</param>
/// <param name="AcceptErrors">Times that accepting failed and was paused, for lack of file descriptors or memory.</param>
/// <param name="LimitPauses">Times that a shard paused accepting because the server had as many connections as <see cref="ServerOptions.MaxConnections"/> allows.</param>
/// <param name="ConnectionFailures">Handlers that ended with a socket error or by cancellation: the peer reset the connection, or it was aborted here. Also connections whose PROXY header was still to come when the server stopped.</param>
/// <param name="HandlerFailures">Handlers that ended with any other exception; each was told to <see cref="ReactorOptions.UnhandledException"/>.</param>
/// <param name="ProxyRefusals">Connections that were reset because no valid PROXY header came from them in time (<see cref="ServerOptions.ProxyProtocol"/>).</param>
public readonly record struct ServerStatistics(long Accepted, long Active, long AcceptErrors, long LimitPauses, long ConnectionFailures, long HandlerFailures, long ProxyRefusals)
{
    /// <summary>
    /// How unevenly <see cref="Accepted"/> is spread: what the shard with the most has, over the mean. 1 when all have the
    /// same, the number of shards when one has everything.
    /// </summary>
    public double AcceptedSkew { get; private init; } = 1;

    /// <summary>The same for <see cref="Active"/>.</summary>
    public double ActiveSkew { get; private init; } = 1;

    internal static ServerStatistics Sum(IReadOnlyCollection<ServerStatistics> shards) => new(
        shards.Sum(shard => shard.Accepted),
        shards.Sum(shard => shard.Active),
        shards.Sum(shard => shard.AcceptErrors),
        shards.Sum(shard => shard.LimitPauses),
        shards.Sum(shard => shard.ConnectionFailures),
        shards.Sum(shard => shard.HandlerFailures),
        shards.Sum(shard => shard.ProxyRefusals))
    {
        AcceptedSkew = Skew(shards, shard => shard.Accepted),
        ActiveSkew = Skew(shards, shard => shard.Active),
    };

    private static double Skew(IReadOnlyCollection<ServerStatistics> shards, Func<ServerStatistics, long> count)
    {
        double mean = shards.Average(count);
        return mean > 0 ? shards.Max(count) / mean : 1;
    }
}
