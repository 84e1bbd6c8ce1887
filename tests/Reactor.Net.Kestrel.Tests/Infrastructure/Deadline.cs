namespace Reactor.Net.Kestrel.Tests;

/// <summary>Waiting for a task, no longer than a test may.</summary>
internal static class Deadline
{
    internal static Task InTimeAsync(this Task task) => task.WaitAsync(Eventually.Patience);

    internal static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Eventually.Patience);

    internal static Task<T> InTimeAsync<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Eventually.Patience);

    /// <summary>A task that ends when the token fires.</summary>
    internal static Task FiredAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => fired.TrySetResult());
        return fired.Task.InTimeAsync();
    }
}
