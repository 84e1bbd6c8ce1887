using System.Runtime.CompilerServices;

namespace Reactor.Shards;

/// <summary>
/// Objects of one type that a shard uses over and over: a list for each thread, so that nothing is locked and an object
/// is always given back where it was taken. It ends with its thread.
/// </summary>
internal static class Pool<T>
    where T : ShardWork
{
    /// <summary>Objects kept at the most; a burst of more leaves the rest to the garbage collector.</summary>
    private const int MaxKept = 4_096;

    [ThreadStatic]
    private static T? t_first;

    [ThreadStatic]
    private static int t_count;

    /// <summary>An object that was given back, or null.</summary>
    internal static T? Rent()
    {
        T? item = t_first;
        if (item is not null)
        {
            t_first = Unsafe.As<T?>(item.Next);
            item.Next = null;
            t_count--;
        }

        return item;
    }

    internal static void Return(T item)
    {
        if (t_count < MaxKept)
        {
            t_count++;
            item.Next = t_first;
            t_first = item;
        }
    }
}
