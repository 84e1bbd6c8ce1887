using System.Runtime.ExceptionServices;
using Reactor.Shards;

namespace Reactor;

/// <summary>
/// Many operations at a time on one shard. Whatever happens to one of them, all that have been started are waited for, so
/// that nothing goes on behind the caller's back.
/// </summary>
public static class ShardParallel
{
    /// <summary>Runs a body for each element, at most so many at a time, all on the current shard.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The elements; enumerated on the shard, one ahead of the bodies that run.</param>
    /// <param name="maxConcurrency">How many bodies may be under way at a time; at least 1.</param>
    /// <param name="body">What to run. Its token is the caller's, and fires too when another body has failed.</param>
    /// <param name="cancellationToken">No more bodies are started when it has fired.</param>
    /// <returns>Ends when all bodies that were started have.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A concurrency of less than 1.</exception>
    /// <exception cref="InvalidOperationException">Not called on a shard.</exception>
    /// <exception cref="OperationCanceledException">The token fired and no body failed otherwise.</exception>
    /// <remarks>
    /// After a failure no more bodies are started. What is thrown is the first failure, in the order of time; the others are
    /// dropped. Bodies that end at once do not keep the shard: others get their turn in between.
    /// </remarks>
    public static ValueTask ForEachAsync<T>(IEnumerable<T> source, int maxConcurrency, Func<T, CancellationToken, ValueTask> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        return RunAsync(Shard.OfCaller("run a parallel loop"), Next(source), maxConcurrency, body, cancellationToken);

        static async IAsyncEnumerable<T> Next(IEnumerable<T> source)
        {
            foreach (T item in source)
            {
                yield return item;
            }

            await Task.CompletedTask;
        }
    }

    /// <inheritdoc cref="ForEachAsync{T}(IEnumerable{T}, int, Func{T, CancellationToken, ValueTask}, CancellationToken)"/>
    public static ValueTask ForEachAsync<T>(IAsyncEnumerable<T> source, int maxConcurrency, Func<T, CancellationToken, ValueTask> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        return RunAsync(Shard.OfCaller("run a parallel loop"), source, maxConcurrency, body, cancellationToken);
    }

    /// <summary>Waits for all, although some fail, and then throws the first failure in the order given.</summary>
    /// <param name="operations">What to wait for; each is awaited here, once.</param>
    /// <returns>Ends when all have.</returns>
    public static async ValueTask WhenAll(IEnumerable<ValueTask> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ExceptionDispatchInfo? first = null;

        // All are started before the first is awaited, also where the sequence starts them.
        foreach (ValueTask operation in operations.ToArray())
        {
            try
            {
                await operation;
            }
            catch (Exception exception)
            {
                first ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        first?.Throw();
    }

    /// <summary>Waits for all, although some fail, and then gives the results, or throws the first failure, in the order given.</summary>
    /// <typeparam name="T">The type of the results.</typeparam>
    /// <param name="operations">What to wait for; each is awaited here, once.</param>
    /// <returns>The results, in the order of the operations.</returns>
    public static async ValueTask<T[]> WhenAll<T>(IEnumerable<ValueTask<T>> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ExceptionDispatchInfo? first = null;
        ValueTask<T>[] started = [.. operations];
        var results = new T[started.Length];
        for (int i = 0; i < started.Length; i++)
        {
            try
            {
                results[i] = await started[i];
            }
            catch (Exception exception)
            {
                first ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        first?.Throw();
        return results;
    }

    private static async ValueTask RunAsync<T>(Shard shard, IAsyncEnumerable<T> source, int maxConcurrency, Func<T, CancellationToken, ValueTask> body, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var places = new ShardSemaphore(maxConcurrency);
        ExceptionDispatchInfo? first = null;
        try
        {
            await foreach (T item in source.WithCancellation(stop.Token))
            {
                await new ReturnToShard(shard);
                await places.WaitAsync(stop.Token);
                _ = RunBodyAsync(item);
                await TurnFuture.NextIfNeeded(shard);
                stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        await new ReturnToShard(shard);
        await places.WaitAsync(maxConcurrency, CancellationToken.None);
        first?.Throw();

        async Task RunBodyAsync(T item)
        {
            try
            {
                await body(item, stop.Token);
            }
            catch (Exception exception)
            {
                await new ReturnToShard(shard);
                Fail(exception);
            }
            finally
            {
                await new ReturnToShard(shard);
                places.Signal(1);
            }
        }

        void Fail(Exception exception)
        {
            if (first is null)
            {
                // A loop that its caller cancelled ends with the caller's token.
                bool isCancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
                first = ExceptionDispatchInfo.Capture(isCancelled ? new OperationCanceledException(cancellationToken) : exception);
                stop.Cancel();
            }
        }
    }
}
