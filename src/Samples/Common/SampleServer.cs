using System.Net;
using Reactor.Net;

namespace Reactor.Samples.Common;

/// <summary>A sample's server while it runs.</summary>
/// <param name="server">What accepts its connections.</param>
/// <param name="scheme">What a client writes before the address: <c>http</c>, <c>tcp</c>.</param>
public abstract class SampleServer(TcpServer server, string scheme) : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => server.EndPoint;

    public string Scheme => scheme;

    /// <summary>By the id of the shard. Read from any thread.</summary>
    public IReadOnlyList<ShardLoad> Loads =>
        [.. server.GetShardStatistics().Select((shard, id) => new ShardLoad(shard.Accepted, shard.Active, RequestsOf(id)))];

    /// <summary>Requests answered since the start, by all shards. Read from any thread.</summary>
    public long Requests => Loads.Sum(load => load.Requests);

    /// <summary>Connections open now, on all shards. Read from any thread.</summary>
    public long Connections => Loads.Sum(load => load.Connections);

    /// <summary>Stops accepting, lets what is under way finish, and aborts what is left when the deadline passes.</summary>
    public virtual Task StopAsync(CancellationToken deadline) => server.StopAsync(deadline);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync(new CancellationToken(canceled: true));
    }

    /// <summary>Requests that one shard has answered since the start. On any thread.</summary>
    protected abstract long RequestsOf(int shard);
}
