namespace Reactor.Scheduling;

/// <summary>What the synchronization context posts to.</summary>
internal interface IPostTarget
{
    /// <summary>Whether the calling thread is the one that runs what is posted.</summary>
    bool IsCurrent { get; }

    /// <summary>Queues a callback, from any thread.</summary>
    void Post(SendOrPostCallback callback, object? state);

    /// <summary>The calling thread is about to block for so many milliseconds, -1 without end; does it, and says how it ended.</summary>
    int Block(Func<int, int> wait, int milliseconds);
}

/// <summary>
/// Brings foreign awaits (a Task of the thread pool, an HttpClient, a Task.Delay) home to the shard on which they were
/// awaited. The framework's own operations do not come this way: they resume inline, without a post.
/// </summary>
internal sealed class ShardSynchronizationContext : SynchronizationContext
{
    private readonly IPostTarget _target;

    internal ShardSynchronizationContext(IPostTarget target)
    {
        _target = target;
        SetWaitNotificationRequired();
    }

    public override void Post(SendOrPostCallback d, object? state) => _target.Post(d, state);

    /// <summary>Runs the callback on the shard and waits for it; inline when already there.</summary>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (_target.IsCurrent)
        {
            d(state);
            return;
        }

        var done = new TaskCompletionSource();
        _target.Post(
            _ =>
            {
                try
                {
                    d(state);
                    done.SetResult();
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            },
            null);
        done.Task.GetAwaiter().GetResult();
    }

    /// <summary>By the runtime, when code blocks the thread: waits for a task, a lock, an event, another thread.</summary>
    public override int Wait(IntPtr[] waitHandles, bool waitAll, int millisecondsTimeout) =>
        _target.Block(milliseconds => WaitHelper(waitHandles, waitAll, milliseconds), millisecondsTimeout);

    /// <summary>The same context: a copy would make awaits on the shard look foreign to each other.</summary>
    public override SynchronizationContext CreateCopy() => this;
}
