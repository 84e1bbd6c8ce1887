using System.Collections.Concurrent;

namespace Reactor.Tests.Support;

/// <summary>A host, with one shard unless asked for more, that charges little to fs.aio-max-nr and keeps the exceptions that nobody awaits.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    internal TestHost(Action<ReactorOptions>? configure = null)
    {
        var options = new ReactorOptions
        {
            Shards = 1,
            PollBudget = 256,
            Backend = TestedBackend.Kind,
            UnhandledException = (_, exception) => Unhandled.Enqueue(exception),
            StallDetected = Stalls.Enqueue,
        };
        configure?.Invoke(options);
        Host = ReactorHost.Start(options);
    }

    internal ReactorHost Host { get; }

    internal Shard Shard => Host.Shards[0];

    internal IReadOnlyList<Shard> Shards => Host.Shards;

    internal ConcurrentQueue<Exception> Unhandled { get; } = [];

    internal ConcurrentQueue<StallReport> Stalls { get; } = [];

    /// <summary>A host of several shards, which may share CPUs.</summary>
    internal static TestHost Many(int shards, bool useContext = true) => new(options =>
    {
        options.Shards = shards;
        options.Overprovisioned = true;
        options.UseSynchronizationContext = useContext;
    });

    /// <summary>Runs the test's body on the shard.</summary>
    internal Task Run(Func<Task> body) => On(Shard, body);

    /// <inheritdoc cref="Run(Func{Task})"/>
    internal Task<T> Run<T>(Func<Task<T>> body) => On(Shard, body);

    /// <inheritdoc cref="Run(Func{Task})"/>
    internal Task<T> Run<T>(Func<T> body) => Eventually.Ends(Shard.InvokeAsync(body).AsTask(), "the body on the shard");

    /// <summary>Runs a part of the test on a shard of its choice.</summary>
    internal static Task On(Shard shard, Func<Task> body) => Eventually.Ends(shard.InvokeAsync(body).AsTask(), $"the body on {shard}");

    /// <inheritdoc cref="On(Shard, Func{Task})"/>
    internal static Task<T> On<T>(Shard shard, Func<Task<T>> body) => Eventually.Ends(shard.InvokeAsync(body).AsTask(), $"the body on {shard}");

    public async ValueTask DisposeAsync() => await Eventually.Ends(Host.StopAsync(), "the stop");
}
