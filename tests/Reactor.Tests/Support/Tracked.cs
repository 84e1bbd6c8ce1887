using System.Collections.Concurrent;

namespace Reactor.Tests.Support;

/// <summary>Knows everything that was made and where it was disposed.</summary>
internal sealed class Tracker
{
    internal ConcurrentQueue<Tracked> Made { get; } = [];

    /// <summary>Called by each disposal, on its thread.</summary>
    internal Func<Tracked, ValueTask>? OnDispose { get; set; }

    internal Tracked Make()
    {
        var made = new Tracked(this);
        Made.Enqueue(made);
        return made;
    }

    /// <summary>Everything has been disposed once, where it was made.</summary>
    internal void AllDisposedAtHome() => Assert.All(Made, each => Assert.Equal([each.MadeOn], each.DisposedOn));

    /// <summary>Everything has been disposed once, at home or, once the shard has stopped, on a thread of the pool.</summary>
    internal void AllDisposedOnce() => Assert.All(Made, each => Assert.True(
        each.DisposedOn.Count == 1 && (each.DisposedOn.Single() is not { } shard || shard == each.MadeOn),
        $"made on {each.MadeOn}, disposed on {string.Join(" and ", each.DisposedOn.Select(shard => shard?.ToString() ?? "no shard"))}"));
}

/// <summary>An object of a shard.</summary>
internal sealed class Tracked(Tracker tracker) : IAsyncDisposable, IDisposable
{
    internal Shard? MadeOn { get; } = Shard.Current;

    internal ConcurrentQueue<Shard?> DisposedOn { get; } = [];

    internal int Number { get; set; } = Shard.Current?.Id ?? -1;

    public ValueTask DisposeAsync()
    {
        DisposedOn.Enqueue(Shard.Current);
        return tracker.OnDispose?.Invoke(this) ?? default;
    }

    public void Dispose() => throw new InvalidOperationException("It can be disposed asynchronously.");
}
