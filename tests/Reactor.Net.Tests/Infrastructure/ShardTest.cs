using System.Collections.Concurrent;

namespace Reactor.Net.Tests;

/// <summary>
/// A host, with one shard unless a test needs more, for the length of a test. Test bodies run on the shard; the peers are plain sockets, whose awaits
/// come home to it. At the end the host stops in time, and no exception has gone unhandled that the test did not expect.
/// </summary>
public abstract class ShardTest : IAsyncLifetime
{
    private readonly ConcurrentQueue<Exception> _unhandled = new();

    protected ReactorHost Host { get; private set; } = null!;

    protected Shard Shard => Host.Shards[0];

    protected virtual int ShardCount => 1;

    protected virtual bool UseSynchronizationContext => true;

    public virtual Task InitializeAsync()
    {
        ReactorOptions options = Hosts.Options(ShardCount, pollBudget: 4_096);
        options.UseSynchronizationContext = UseSynchronizationContext;
        options.UnhandledException = (_, exception) => _unhandled.Enqueue(exception);
        Host = ReactorHost.Start(options);
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync()
    {
        await Host.StopAsync().WaitAsync(Eventually.Patience);
        Assert.Empty(_unhandled);
    }

    /// <summary>Runs the body of a test on the shard. The deadline is watched from outside.</summary>
    protected Task OnShard(Func<Task> body) => Shard.InvokeAsync(body).AsTask().WaitAsync(Eventually.Patience);

    /// <summary>Goes on when this turn of the loop is over, and with it the submit of what it armed.</summary>
    protected static async Task NextTurn()
    {
        Shard shard = Assert.IsType<Shard>(Shard.Current);
        long turns = shard.GetStatistics().Turns;
        while (shard.GetStatistics().Turns == turns)
        {
            await Shard.Yield();
        }
    }

    /// <summary>The exceptions that were reported until now; they no longer fail the test.</summary>
    protected IReadOnlyList<Exception> TakeUnhandled()
    {
        var taken = new List<Exception>();
        while (_unhandled.TryDequeue(out Exception? exception))
        {
            taken.Add(exception);
        }

        return taken;
    }

    /// <summary>How many exceptions have been reported and not been taken.</summary>
    protected int UnhandledCount => _unhandled.Count;
}
