namespace Reactor.Net;

/// <summary>
/// That a server cannot accept for want of descriptors or memory. They are the whole process's, so that all shards soon
/// find out: it is told once, by the first, and is over when the last has accepted everybody who waited.
/// </summary>
internal sealed class AcceptIncident
{
    private int _shards;

    /// <summary>True for the shard that is to tell.</summary>
    internal bool Enter() => Interlocked.Increment(ref _shards) == 1;

    internal void Leave() => Interlocked.Decrement(ref _shards);
}
