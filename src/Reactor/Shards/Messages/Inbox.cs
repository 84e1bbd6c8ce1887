using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// Where foreign threads leave work for a shard: many producers push onto a linked stack, the shard takes the whole stack
/// at once and turns it round. Asking whether there is anything is one read.
/// </summary>
/// <remarks>
/// A push is a compare-and-exchange, which is a full fence: what a producer reads after it (is the shard asleep?) is read
/// after the work has become visible.
/// </remarks>
internal sealed class Inbox
{
    private static readonly ShardWork s_closed = new Closed();

    private ShardWork? _newest;

    internal bool HasWork
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _newest) is not null;
    }

    /// <summary>Adds work; false when the inbox is closed, and then the work will not run.</summary>
    internal bool TryPush(ShardWork work)
    {
        ShardWork? newest = Volatile.Read(ref _newest);
        while (newest != s_closed)
        {
            work.Next = newest;
            ShardWork? seen = Interlocked.CompareExchange(ref _newest, work, newest);
            if (seen == newest)
            {
                return true;
            }

            newest = seen;
        }

        return false;
    }

    /// <summary>Takes everything, as a list in the order of arrival.</summary>
    internal ShardWork? TakeAll() => Reverse(Interlocked.Exchange(ref _newest, null));

    /// <summary>Takes everything and refuses what comes later.</summary>
    internal ShardWork? Close() => Reverse(Interlocked.Exchange(ref _newest, s_closed));

    private static ShardWork? Reverse(ShardWork? work)
    {
        ShardWork? reversed = null;
        while (work is not null && work != s_closed)
        {
            (work.Next, reversed, work) = (reversed, work, work.Next);
        }

        return reversed;
    }

    private sealed class Closed : ShardWork
    {
        internal override void Run() => throw new InvalidOperationException("The mark of a closed inbox is not work.");
    }
}
