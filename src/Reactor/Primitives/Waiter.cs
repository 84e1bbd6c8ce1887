using System.Globalization;
using Reactor.Shards;

namespace Reactor.Primitives;

/// <summary>
/// Somebody who waits for a primitive: a wait of the shard that is also its own place in the primitive's line, so that
/// waiting allocates nothing and leaving from the middle searches for nothing.
/// </summary>
/// <typeparam name="TSelf">The type that stands in the line.</typeparam>
/// <typeparam name="TResult">What the wait ends with.</typeparam>
internal abstract class Waiter<TSelf, TResult>(Shard shard) : ShardWait<TResult>(shard)
    where TSelf : Waiter<TSelf, TResult>
{
    // The line's to write.
    internal TSelf? NextInLine;
    internal TSelf? PreviousInLine;
    internal bool IsInLine;

    private TimeSpan _timeout;

    /// <summary>What did not happen, for the message of a timeout, which adds the time.</summary>
    protected abstract string DescribeTimeout();

    /// <summary>Takes itself out of the line, and lets those go who waited for nothing but this.</summary>
    protected abstract void Leave();

    /// <summary>Forgets what it was given and goes back into its pool.</summary>
    protected abstract void Recycle();

    /// <summary>Begins to wait, at the end of the line.</summary>
    /// <remarks>
    /// A wait that has ended while it began (the shard stops, the token has just fired) never joins the line: after the
    /// stop of the shard continuations may run on many threads, and the line is not locked.
    /// </remarks>
    internal void Join(ref WaitLine<TSelf, TResult> line, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _timeout = timeout;
        Begin(timeout, cancellationToken);
        if (IsPending)
        {
            line.Append((TSelf)this);
        }
    }

    protected override void OnAbandoned()
    {
        if (IsInLine)
        {
            Leave();
        }
    }

    protected sealed override void OnTime() =>
        Abandon(new TimeoutException($"{DescribeTimeout()} within {_timeout.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)} ms."));

    protected sealed override void OnTaken()
    {
        if (Shard.IsOnShard)
        {
            Recycle();
        }
    }
}
