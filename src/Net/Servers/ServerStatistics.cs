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

    /// <summary>Those of all shards.</summary>
    internal static ServerStatistics Sum(IReadOnlyCollection<ServerStatistics> shards) => shards.Aggregate(default(ServerStatistics), static (sum, shard) => sum.Plus(shard)) with
    {
        AcceptedSkew = Skew(shards, shard => shard.Accepted),
        ActiveSkew = Skew(shards, shard => shard.Active),
    };

    /// <summary>Those of another server, on the same shard.</summary>
    internal ServerStatistics Plus(ServerStatistics other) => new(
        Accepted + other.Accepted,
        Active + other.Active,
        AcceptErrors + other.AcceptErrors,
        LimitPauses + other.LimitPauses,
        ConnectionFailures + other.ConnectionFailures,
        HandlerFailures + other.HandlerFailures,
        ProxyRefusals + other.ProxyRefusals);

    private static double Skew(IReadOnlyCollection<ServerStatistics> shards, Func<ServerStatistics, long> count)
    {
        double mean = shards.Count == 0 ? 0 : shards.Average(count);
        return mean > 0 ? shards.Max(count) / mean : 1;
    }
}
