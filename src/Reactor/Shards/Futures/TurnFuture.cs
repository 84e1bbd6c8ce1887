namespace Reactor.Shards;

/// <summary>Ends in the next turn: for loops of the framework whose steps need no wait, so that the shard gets to everything else.</summary>
internal sealed class TurnFuture : ShardFuture<bool>
{
    private TurnFuture(Shard shard)
        : base(shard)
    {
    }

    /// <summary>Lets the current shard take a turn if the running continuation has had its share.</summary>
    /// <remarks>Hot path.</remarks>
    internal static ValueTask NextIfNeeded(Shard shard) => shard.MayEndAtOnce() ? default : Start(shard).VoidFuture;

    /// <summary>Its result, where that is asked for, is true.</summary>
    internal static TurnFuture Start(Shard shard)
    {
        TurnFuture future = Pool<TurnFuture>.Rent() ?? new TurnFuture(shard);
        future.Begin();
        future.Enqueue();
        return future;
    }

    internal override void Run()
    {
        if (IsPending)
        {
            SetResult(true);
        }

        Resume();
    }

    protected override void OnTaken()
    {
        if (Shard.IsOnShard)
        {
            Pool<TurnFuture>.Return(this);
        }
    }
}
