using Reactor.Shards;

namespace Reactor.Primitives;

/// <summary>How those fared that are waited for together: what failed, and whether one was cancelled.</summary>
/// <remarks>Mutable: a field of who waits.</remarks>
internal struct AllFailures
{
    private List<Exception>? _failures;
    private OperationCanceledException? _cancellation;

    internal void Add(Exception exception)
    {
        if (exception is OperationCanceledException cancellation)
        {
            _cancellation ??= cancellation;
        }
        else
        {
            (_failures ??= []).Add(exception);
        }
    }

    /// <summary>Ends the task as <see cref="Task.WhenAll(Task[])"/> would: with all failures, or as cancelled. False if all succeeded.</summary>
    internal readonly bool TryEnd<TResult>(TaskCompletionSource<TResult> done)
    {
        if (_failures is not null)
        {
            done.SetException(_failures);
        }
        else if (_cancellation is not null)
        {
            done.SetCanceled(_cancellation.CancellationToken);
        }

        return done.Task.IsCompleted;
    }
}

/// <summary>Waits for many, one after the other, which is as long as for the slowest.</summary>
internal sealed class AllTasks(Shard shard, ValueTask[] tasks)
{
    private readonly TaskCompletionSource<bool> _done = new();
    private readonly SchedulingGroup _group = SchedulingGroup.Current;
    private AllFailures _failures;

    internal ValueTask WaitAsync()
    {
        _ = RunToEndAsync();
        return new ValueTask(_done.Task);
    }

    private async Task RunToEndAsync()
    {
        foreach (ValueTask task in tasks)
        {
            try
            {
                await task;
            }
            catch (Exception exception)
            {
                _failures.Add(exception);
            }

            await new ReturnToShard(shard, _group);
        }

        if (!_failures.TryEnd(_done))
        {
            _done.SetResult(true);
        }
    }
}

/// <inheritdoc cref="AllTasks"/>
internal sealed class AllTasks<T>(Shard shard, ValueTask<T>[] tasks)
{
    private readonly TaskCompletionSource<T[]> _done = new();
    private readonly SchedulingGroup _group = SchedulingGroup.Current;
    private AllFailures _failures;

    internal ValueTask<T[]> WaitAsync()
    {
        _ = RunToEndAsync();
        return new ValueTask<T[]>(_done.Task);
    }

    private async Task RunToEndAsync()
    {
        var results = new T[tasks.Length];
        for (int i = 0; i < results.Length; i++)
        {
            try
            {
                results[i] = await tasks[i];
            }
            catch (Exception exception)
            {
                _failures.Add(exception);
            }

            await new ReturnToShard(shard, _group);
        }

        if (!_failures.TryEnd(_done))
        {
            _done.SetResult(results);
        }
    }
}
