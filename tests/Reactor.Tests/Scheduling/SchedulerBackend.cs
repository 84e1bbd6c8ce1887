using Reactor.Tests.Support;
using Tmds.Linux;

namespace Reactor.Tests.Scheduling;

/// <summary>On what a shard runs: the scheduler is the same on all.</summary>
public enum SchedulerBackend
{
    LinuxAio,

    /// <summary>The same, where the kernel refuses the second context: the clock ends the slices.</summary>
    LinuxAioWithClock,
}

/// <summary>Tests of the scheduler on a running host: each concrete class runs them on one backend.</summary>
public abstract class SchedulerTests(SchedulerBackend backend) : IAsyncLifetime
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
            options.Backend = BackendKind.LinuxAio;
            options.SliceCalls = backend == SchedulerBackend.LinuxAioWithClock ? new RefusingCalls { OnSetup = static _ => LibC.EAGAIN } : null;
            options.TaskQuota = taskQuota ?? options.TaskQuota;
            options.Overprovisioned = true;
        });
        _hosts.Add(host);
        Assert.Equal(BackendKind.LinuxAio, host.Shard.Backend);
        return host;
    }
}
