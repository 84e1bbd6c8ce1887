using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Scheduling;

/// <summary>What ends the slices of a shard: the scheduler is the same.</summary>
public enum SliceKind
{
    Ring,

    /// <summary>Where the kernel refuses the context that a ring needs.</summary>
    Clock,
}

/// <summary>Tests of the scheduler on a running host, on the backend of this assembly: each concrete class runs them with one kind of slice.</summary>
public abstract class SchedulerTests(SliceKind slices) : IAsyncLifetime
{
    private readonly List<TestHost> _hosts = [];
    private readonly TestGroups _groups = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (TestHost host in _hosts)
        {
            await host.DisposeAsync();
            Assert.Empty(host.Unhandled);
        }

        _groups.Destroy();
    }

    private protected SchedulingGroup Group(int shares = 100) => _groups.Create(shares);

    /// <summary>A host of one shard.</summary>
    private protected TestHost Start(TimeSpan? taskQuota = null)
    {
        var host = new TestHost(options =>
        {
            options.SliceCalls = slices == SliceKind.Clock ? new RefusingCalls { OnSetup = static _ => LibC.EAGAIN } : null;
            options.TaskQuota = taskQuota ?? options.TaskQuota;
            options.Overprovisioned = true;
        });
        _hosts.Add(host);
        Assert.Equal(TestedBackend.Kind, host.Shard.Backend);
        return host;
    }
}
