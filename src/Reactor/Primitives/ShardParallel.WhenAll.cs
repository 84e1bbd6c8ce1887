using Reactor.Primitives;

namespace Reactor;

/// <content>Waiting for what has been started already.</content>
public static partial class ShardParallel
{
    /// <summary>Waits for the end of all, even if one fails.</summary>
    /// <param name="tasks">Each is consumed: it must not be awaited elsewhere.</param>
    /// <returns>
    /// Ends when all have. Fails with the failures of all that failed, the first in the order given being the one that the
    /// await throws; cancelled when none failed and one was. Allocates nothing when all have succeeded already.
    /// </returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public static ValueTask WhenAll(params ReadOnlySpan<ValueTask> tasks)
    {
        Shard shard = Shard.OfCaller("wait for all");
        foreach (ref readonly ValueTask task in tasks)
        {
            if (!task.IsCompletedSuccessfully)
            {
                return new AllTasks(shard, tasks.ToArray()).WaitAsync();
            }
        }

        foreach (ref readonly ValueTask task in tasks)
        {
            task.GetAwaiter().GetResult();
        }

        return default;
    }

    /// <inheritdoc cref="WhenAll(ReadOnlySpan{ValueTask})"/>
    public static ValueTask WhenAll(IEnumerable<ValueTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return WhenAll([.. tasks]);
    }

    /// <summary>Waits for the end of all, even if one fails, and brings their results.</summary>
    /// <typeparam name="T">The type of the results.</typeparam>
    /// <param name="tasks">Each is consumed: it must not be awaited elsewhere.</param>
    /// <returns>The results in the order given; otherwise as without results.</returns>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    public static ValueTask<T[]> WhenAll<T>(params ReadOnlySpan<ValueTask<T>> tasks)
    {
        Shard shard = Shard.OfCaller("wait for all");
        return new AllTasks<T>(shard, tasks.ToArray()).WaitAsync();
    }

    /// <inheritdoc cref="WhenAll{T}(ReadOnlySpan{ValueTask{T}})"/>
    public static ValueTask<T[]> WhenAll<T>(IEnumerable<ValueTask<T>> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return WhenAll([.. tasks]);
    }
}
