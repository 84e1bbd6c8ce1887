namespace Reactor.Bench.Micro;

/// <summary>Two pinned shards, one of which calls the other.</summary>
internal sealed class TwoShards
{
    private readonly ReactorHost _host;

    private TwoShards(ReactorHost host) => _host = host;

    public Shard Caller => _host.Shards[0];

    public Shard Callee => _host.Shards[1];

    /// <summary>Shards that never sleep.</summary>
    public static TwoShards Polling() => Start(Timeout.InfiniteTimeSpan);

    /// <summary>Shards that sleep as soon as they have nothing to do.</summary>
    public static TwoShards Sleeping() => Start(TimeSpan.Zero);

    /// <summary>Shards as a user gets them who sets nothing.</summary>
    public static TwoShards ByDefault() => Start(new ReactorOptions().IdlePollTime);

    public void Stop() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static TwoShards Start(TimeSpan idlePollTime) =>
        new(ReactorHost.Start(new ReactorOptions { Shards = 2, IdlePollTime = idlePollTime }));
}
