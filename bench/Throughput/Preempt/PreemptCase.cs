namespace Reactor.Bench.Throughput.Preempt;

/// <summary>One of the arrangements that are compared.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="HasHog">Whether there is work beside the echo.</param>
/// <param name="TaskQuota">The time slice; infinite for no preemption.</param>
internal sealed record PreemptCase(string Name, bool HasHog, TimeSpan TaskQuota)
{
    private static readonly TimeSpan s_quota = new ReactorOptions().TaskQuota;

    public static IReadOnlyList<PreemptCase> All { get; } =
    [
        new("alone", HasHog: false, s_quota),
        new("beside a hog, preempted", HasHog: true, s_quota),
        new("beside a hog, not preempted", HasHog: true, Timeout.InfiniteTimeSpan),
    ];
}
