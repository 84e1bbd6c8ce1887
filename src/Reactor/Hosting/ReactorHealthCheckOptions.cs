namespace Reactor;

/// <summary>From which age of a shard's last turn on the health check is not content with it.</summary>
public sealed class ReactorHealthCheckOptions
{
    /// <summary>
    /// A shard whose loop has not turned for this long is degraded. 1 second by default. Also how long a check waits for
    /// the shards at the most.
    /// </summary>
    public TimeSpan DegradedAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A shard whose loop has not turned for this long is unhealthy. 10 seconds by default.</summary>
    public TimeSpan UnhealthyAfter { get; set; } = TimeSpan.FromSeconds(10);
}
