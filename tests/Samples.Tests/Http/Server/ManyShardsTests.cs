using Reactor.Samples.Common;

namespace Reactor.Samples.Tests.Http.Server;

/// <summary>One server on several shards: each serves its connections, and counts for itself.</summary>
public sealed class ManyShardsTests : ServerTest
{
    private protected override int ShardCount => 3;

    [Fact]
    public void Each_shard_serves_its_connections_and_counts_their_requests()
    {
        RawClient[] clients = [.. Enumerable.Range(0, 100).Select(_ => Connect())];
        foreach (RawClient client in clients)
        {
            Assert.Equal("Hello, World!", client.Ask(Get("/plaintext")).Text);
            Assert.Equal("Hello, World!", client.Ask(Get("/plaintext")).Text);
        }

        IReadOnlyList<ShardLoad> loads = Running.Loads;
        Assert.Equal(3, loads.Count);
        Assert.All(loads, load => Assert.InRange(load.Connections, 1, 98));
        Assert.All(loads, load => Assert.Equal((load.Connections, 2 * load.Connections), (load.Accepted, load.Requests)));
        Assert.Equal((100, 200), (Running.Connections, Running.Requests));
    }
}
