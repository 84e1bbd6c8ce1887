namespace Reactor.Shards;

/// <summary>
/// Brings the end of ordinary tasks home: who awaits it on the shard that called goes on there and in its scheduling
/// group, with a synchronization context or without. All exceptions are kept.
/// </summary>
internal static class HomeTask
{
    /// <summary>Ends as the task does. The same task for callers that are no shard.</summary>
    internal static Task From(Task task) => task.IsCompleted || Shard.Current is null ? task : WhenAll([task], static _ => true);

    /// <inheritdoc cref="From(Task)"/>
    internal static Task<TResult> From<TResult>(Task<TResult> task) =>
        task.IsCompleted || Shard.Current is null ? task : WhenAll([task], static tasks => tasks[0].Result);

    /// <summary>
    /// Ends when all tasks have, with their exceptions in the order of the tasks (that of <see cref="Task.WhenAll(Task[])"/> is
    /// the order in which they failed), else cancelled if one is, else with what the function makes of them. The function runs
    /// on the calling shard or, for other callers, on the thread pool.
    /// </summary>
    internal static Task<TEnd> WhenAll<TTask, TEnd>(TTask[] tasks, Func<TTask[], TEnd> then)
        where TTask : Task
    {
        Shard? home = Shard.Current;
        SchedulingGroup group = SchedulingGroup.Current;

        // Its awaiter is run where it is completed: at home.
        var ended = new TaskCompletionSource<TEnd>();
        _ = Forward();
        return ended.Task;

        async Task Forward()
        {
            await Task.WhenAll(tasks).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | (home is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.ContinueOnCapturedContext));
            if (home is not null)
            {
                await new ReturnToShard(home, group);
            }

            Exception[] failures = [.. tasks.Where(task => task.IsFaulted).SelectMany(task => task.Exception!.InnerExceptions)];
            if (failures.Length > 0)
            {
                ended.SetException(failures);
            }
            else
            {
                ended.SetFromTask(Then());
            }
        }

        // Ends at once, because all tasks have.
        async Task<TEnd> Then()
        {
            foreach (TTask task in tasks)
            {
                await task.ConfigureAwait(false);
            }

            return then(tasks);
        }
    }
}
