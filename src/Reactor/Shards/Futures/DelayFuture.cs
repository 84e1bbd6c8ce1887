namespace Reactor.Shards;

/// <summary>A wait for the time alone.</summary>
internal sealed class DelayFuture : ShardWait<bool>
{
    private DelayFuture(Shard shard)
        : base(shard)
    {
    }

    internal static ValueTask Start(Shard shard, TimeSpan delay, CancellationToken cancellationToken)
    {
        DelayFuture future = Pool<DelayFuture>.Rent() ?? new DelayFuture(shard);
        future.Begin(delay, cancellationToken);
        return future.VoidFuture;
    }

    protected override void OnTime() => Complete(true);

    protected override void OnAbandoned()
    {
    }

    protected override void OnTaken()
    {
        if (Shard.IsOnShard)
        {
            Pool<DelayFuture>.Return(this);
        }
    }
}
