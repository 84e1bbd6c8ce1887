using System.Collections.Concurrent;

namespace Reactor.Tests.Support;

/// <summary>A host with one shard that charges little to fs.aio-max-nr and keeps the exceptions that nobody awaits.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    internal TestHost(Action<ReactorOptions>? configure = null)
    {
        var options = new ReactorOptions { Shards = 1, PollBudget = 256, UnhandledException = (_, exception) => Unhandled.Enqueue(exception) };
        configure?.Invoke(options);
        Host = ReactorHost.Start(options);
    }

    internal ReactorHost Host { get; }

    internal Shard Shard => Host.Shards[0];

    internal ConcurrentQueue<Exception> Unhandled { get; } = [];

    /// <summary>Runs the test's body on the shard.</summary>
    internal Task Run(Func<Task> body) => Eventually.Ends(Shard.InvokeAsync(body).AsTask(), "the body on the shard");

    /// <inheritdoc cref="Run(Func{Task})"/>
    internal Task<T> Run<T>(Func<Task<T>> body) => Eventually.Ends(Shard.InvokeAsync(body).AsTask(), "the body on the shard");

    /// <inheritdoc cref="Run(Func{Task})"/>
    internal Task<T> Run<T>(Func<T> body) => Eventually.Ends(Shard.InvokeAsync(body).AsTask(), "the body on the shard");

    public async ValueTask DisposeAsync() => await Eventually.Ends(Host.StopAsync(), "the stop");
}
