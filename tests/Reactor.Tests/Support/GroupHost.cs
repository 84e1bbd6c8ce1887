namespace Reactor.Tests.Support;

/// <summary>Two shards, a shard of another host, and two groups: that of the code under test and that of everybody else.</summary>
internal sealed class GroupHost : IAsyncDisposable
{
    private readonly TestGroups _groups = new();
    private readonly TestHost _host;
    private readonly Lazy<TestHost> _other;

    internal GroupHost(bool useContext = true)
    {
        _host = TestHost.Many(2, useContext);
        _other = new Lazy<TestHost>(() => TestHost.Many(1, useContext));
        Own = _groups.Create("own", 100);
        Foreign = _groups.Create("foreign", 100);
    }

    internal ReactorHost Host => _host.Host;

    internal Shard Home => _host.Shards[0];

    internal Shard Sister => _host.Shards[1];

    /// <summary>Of another host.</summary>
    internal Shard Stranger => _other.Value.Shard;

    /// <summary>The group of the code under test.</summary>
    internal SchedulingGroup Own { get; }

    internal SchedulingGroup Foreign { get; }

    internal IEnumerable<Exception> Unhandled => _other.IsValueCreated ? _host.Unhandled.Concat(_other.Value.Unhandled) : _host.Unhandled;

    internal SchedulingGroup Create(int shares = 100) => _groups.Create(shares);

    /// <summary>Runs the test's body at home, in its group.</summary>
    internal Task Run(Func<Task> body) => _host.Run(() => Own.RunAsync(body).AsTask());

    /// <summary>At home: has something done later, by code of the other group.</summary>
    internal void Later(Action action) => _ = Foreign.RunAsync(async () =>
    {
        await Shard.Delay(TimeSpan.FromMilliseconds(1));
        Assert.Same(Foreign, SchedulingGroup.Current);
        action();
    }).AsTask();

    /// <summary>The code is where it should be.</summary>
    internal void AssertAtHome()
    {
        Assert.Same(Home, Shard.Current);
        Assert.Same(Own, SchedulingGroup.Current);
        Assert.Same(Home.QueueOf(Own).Context, SynchronizationContext.Current);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        if (_other.IsValueCreated)
        {
            await _other.Value.DisposeAsync();
        }

        _groups.Destroy();
    }
}
