using Reactor.Primitives;

namespace Reactor;

/// <summary>
/// Many asynchronous operations at a time on one shard: a bounded loop, and waiting for all. Nothing runs in parallel in
/// the sense of several CPUs; while one waits, the others go on.
/// </summary>
/// <remarks>
/// Whatever has been started is waited for, even if something fails: what the operations use may be let go of when the
/// wait ends. Failures are told as .NET does it: the await throws the first, and <see cref="ValueTask.AsTask"/> gives a task
/// whose <see cref="Task.Exception"/> has all of them.
/// </remarks>
public static partial class ShardParallel
{
    /// <summary>Runs an asynchronous body for each item, a limited number at a time, in the order of the items.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The items; gone through on the shard, one step ahead of the bodies.</param>
    /// <param name="maxConcurrency">How many bodies may be under way at a time; at least 1.</param>
    /// <param name="body">
    /// What to do with an item, on the shard. Its token fires when the caller's does, and when another body has failed: it may
    /// end early then, which counts as no failure of its own. A body that never waits does not hold the shard: the loop
    /// gives it a turn now and then.
    /// </param>
    /// <param name="cancellationToken">Starts no more bodies, and fires the token of those under way.</param>
    /// <returns>Ends when all bodies that were started have ended. After a failure no more are started.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The concurrency is less than 1.</exception>
    /// <exception cref="OperationCanceledException">The token fired before everything was done, and nothing failed.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="ObjectDisposedException">The shard stops; bodies may still be under way then.</exception>
    public static ValueTask ForEachAsync<T>(
        IEnumerable<T> source,
        int maxConcurrency,
        Func<T, CancellationToken, ValueTask> body,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(body);
        return new ParallelLoop<T>(body, maxConcurrency, cancellationToken).RunAsync(source);
    }

    /// <inheritdoc cref="ForEachAsync{T}(IEnumerable{T}, int, Func{T, CancellationToken, ValueTask}, CancellationToken)"/>
    /// <param name="source">
    /// The items; gone through on the shard, one step ahead of the bodies. It is given the token of the bodies, so that one
    /// which waits for its next item may end when a body fails.
    /// </param>
    /// <param name="maxConcurrency">How many bodies may be under way at a time; at least 1.</param>
    /// <param name="body">What to do with an item, on the shard, as for a source without waits.</param>
    /// <param name="cancellationToken">Starts no more bodies, and fires the token of those under way.</param>
    public static ValueTask ForEachAsync<T>(
        IAsyncEnumerable<T> source,
        int maxConcurrency,
        Func<T, CancellationToken, ValueTask> body,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(body);
        return new ParallelLoop<T>(body, maxConcurrency, cancellationToken).RunAsync(source);
    }
}
