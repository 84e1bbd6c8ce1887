namespace Reactor.Samples.Common;

/// <summary>What one shard of a sample has done.</summary>
/// <param name="Accepted">Connections since the start.</param>
/// <param name="Connections">Connections now.</param>
/// <param name="Requests">Requests answered since the start.</param>
public readonly record struct ShardLoad(long Accepted, long Connections, long Requests);
