namespace Reactor.Bench.Throughput.Probes;

/// <summary>What a look at a server under load found out, in runs of its own because it slows what it looks at.</summary>
/// <param name="SystemCallsPerRequest">All of them; null without strace.</param>
/// <param name="SystemCalls">For each request, by name, the most frequent first.</param>
/// <param name="AllocatedBytesPerRequest">By .NET's own count; null for what is no .NET program.</param>
/// <param name="CollectionsPerSecond">Of the first generation, which every collection includes; likewise.</param>
internal sealed record ProbeFigures(
    double? SystemCallsPerRequest, IReadOnlyDictionary<string, double> SystemCalls, double? AllocatedBytesPerRequest, double? CollectionsPerSecond);
