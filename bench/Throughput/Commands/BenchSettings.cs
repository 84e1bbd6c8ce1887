using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Results;
using Reactor.Bench.Throughput.Servers;

namespace Reactor.Bench.Throughput.Commands;

/// <summary>What the user has asked for, whatever the subcommand.</summary>
internal sealed record BenchSettings
{
    public required int Rounds { get; init; }

    public required TimeSpan Time { get; init; }

    public required TimeSpan Warmup { get; init; }

    public required bool DiscardNoisy { get; init; }

    public required bool Probes { get; init; }

    /// <summary>The user's own.</summary>
    public required IReadOnlyList<Candidate> Candidates { get; init; }

    /// <summary>Just these, in this order; empty for all.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    public required ReportFiles Files { get; init; }

    public Scenario Scenario(string id, LoadSettings load) => new()
    {
        Id = id,
        Load = load,
        Rounds = Rounds,
        Time = Time,
        Warmup = Warmup,
        DiscardNoisy = DiscardNoisy,
        Probes = Probes,
    };
}
