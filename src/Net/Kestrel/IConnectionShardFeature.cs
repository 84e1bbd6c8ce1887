namespace Reactor.Net;

/// <summary>Among the features of a connection of the reactor transport, and of its requests: the shard that serves it.</summary>
public interface IConnectionShardFeature
{
    /// <summary>The shard of the connection.</summary>
    Shard Shard { get; }
}
