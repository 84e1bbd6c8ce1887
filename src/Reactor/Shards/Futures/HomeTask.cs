namespace Reactor.Shards;

/// <summary>
/// Brings the end of an ordinary task home. Who awaits it on the shard that called goes on there, with a synchronization
/// context or without; all exceptions of the task are kept.
/// </summary>
internal static class HomeTask
{
    /// <summary>The same task for callers that are no shard.</summary>
    internal static Task From(Task task)
    {
        if (task.IsCompleted || Shard.Current is not { } home)
        {
            return task;
        }

        // Its awaiter is run where it is completed: at home.
        var ended = new TaskCompletionSource();
        _ = Forward();
        return ended.Task;

        async Task Forward()
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            await new ReturnToShard(home);
            ended.SetFromTask(task);
        }
    }

    /// <summary>The task's result, put through a function that runs on the calling shard or, for other callers, on the thread pool.</summary>
    internal static Task<TEnd> From<TResult, TEnd>(Task<TResult> task, Func<TResult, TEnd> then)
    {
        Shard? home = Shard.Current;
        var ended = new TaskCompletionSource<TEnd>();
        _ = Forward();
        return ended.Task;

        async Task Forward()
        {
            await ((Task)task).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | (home is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ContinueOnCapturedContext));
            if (home is not null)
            {
                await new ReturnToShard(home);
            }

            if (task.IsFaulted)
            {
                ended.SetException(task.Exception.InnerExceptions);
            }
            else
            {
                ended.SetFromTask(Then());
            }
        }

        // The task has ended, so that this ends at once: with what the function throws, or cancelled like the task.
        async Task<TEnd> Then() => then(await task.ConfigureAwait(false));
    }
}
