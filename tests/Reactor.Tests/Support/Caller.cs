namespace Reactor.Tests.Support;

/// <summary>Where a call to a shard comes from: each takes another way.</summary>
public enum Caller
{
    /// <summary>Another shard of the same host: through a lane.</summary>
    Sister,

    /// <summary>The shard itself: at once.</summary>
    Self,

    /// <summary>A shard of another host: through the inbox.</summary>
    OtherHost,

    /// <summary>A thread that is no shard: through the inbox.</summary>
    ThreadPool,
}

/// <summary>Two hosts, with shards that may be called, and callers of every kind.</summary>
internal sealed class Callers : IAsyncDisposable
{
    private readonly TestHost _host;
    private readonly TestHost _other;

    internal Callers(bool useContext = true)
    {
        _host = TestHost.Many(2, useContext);
        _other = TestHost.Many(1, useContext);
    }

    /// <summary>The shard that is called.</summary>
    internal Shard Target => _host.Shards[1];

    internal TestHost Host => _host;

    /// <summary>The caller's shard, if it is one.</summary>
    internal Shard? ShardOf(Caller caller) => caller switch
    {
        Caller.Sister => _host.Shards[0],
        Caller.Self => Target,
        Caller.OtherHost => _other.Shard,
        _ => null,
    };

    /// <summary>Runs the test's body as the caller.</summary>
    internal Task Run(Caller caller, Func<Task> body) => ShardOf(caller) is { } shard
        ? TestHost.On(shard, body)
        : Eventually.Ends(Task.Run(body), "the body on the thread pool");

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _other.DisposeAsync();
        Assert.Empty(_host.Unhandled.Concat(_other.Unhandled));
    }
}
