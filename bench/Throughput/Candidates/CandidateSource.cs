namespace Reactor.Bench.Throughput.Candidates;

/// <summary>A candidate that may first have to be built, and may turn out not to be had on this machine.</summary>
internal sealed record CandidateSource(string Name, Func<CancellationToken, Task<Preparation>> PrepareAsync)
{
    /// <summary>For a candidate that needs no preparation.</summary>
    public static CandidateSource Of(Candidate candidate) =>
        new(candidate.Name, _ => Task.FromResult(Preparation.Ready(candidate)));
}

/// <summary>Either a candidate that can be started or the reason why there is none.</summary>
internal sealed record Preparation(Candidate? Candidate, string? SkipReason)
{
    public static Preparation Ready(Candidate candidate) => new(candidate, null);

    public static Preparation Skip(string reason) => new(null, reason);
}
