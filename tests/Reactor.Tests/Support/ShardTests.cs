using System.Diagnostics.CodeAnalysis;

namespace Reactor.Tests.Support;

/// <summary>Tests that share nothing but the wish for a running shard: each gets a host of its own.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it through IAsyncLifetime.")]
public abstract class ShardTests : IAsyncLifetime
{
    private readonly TestHost _host = new();

    private protected TestHost Host => _host;

    private protected Shard Shard => _host.Shard;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
