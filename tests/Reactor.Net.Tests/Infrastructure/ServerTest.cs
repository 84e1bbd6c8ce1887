namespace Reactor.Net.Tests;

/// <summary>Tests of a whole server that hold however many shards there are, and however connections come to them.</summary>
public abstract class ServerTest(int shards, ConnectionDistribution distribution) : ShardTest
{
    protected sealed override int ShardCount => shards;

    protected ConnectionDistribution Distribution => distribution;

    protected Task<TcpServer> StartAsync(Func<TcpConnection, Task> handler, TcpServerOptions? options = null) =>
        TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, handler, Distributed(options));

    protected Task<TcpServer> StartAsync(Func<TcpConnection, CancellationToken, Task> handler, TcpServerOptions? options = null) =>
        TcpServer.StartAsync(Host, Peers.AnyLoopbackPort, handler, Distributed(options));

    /// <summary>Work reaches a shard in the order in which it was sent: what a stop does at once has been done then.</summary>
    protected async Task AwaitShardsAsync()
    {
        foreach (Shard shard in Host.Shards)
        {
            await shard.InvokeAsync(() => { });
        }
    }

    protected Task AssertNothingIsLeftAsync() => Eventually.IsTrueAsync(
        () => Host.Shards.All(shard => shard.HoldsOnly(1)),
        "the shards hold nothing but their wake-ups");

    protected TcpServerOptions Distributed(TcpServerOptions? options = null)
    {
        options ??= new TcpServerOptions();
        options.Distribution = distribution;
        return options;
    }
}
