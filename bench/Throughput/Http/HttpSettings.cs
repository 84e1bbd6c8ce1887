namespace Reactor.Bench.Throughput.Http;

/// <summary>How a run of <c>http</c> measures.</summary>
internal sealed record HttpSettings
{
    public required int Rounds { get; init; }

    public required int Seconds { get; init; }

    public required int WarmupSeconds { get; init; }

    public required int Connections { get; init; }

    public required int Pipeline { get; init; }

    public required string Path { get; init; }

    public required int IdleConnections { get; init; }

    public required bool DiscardNoisy { get; init; }

    /// <summary>One line that says what was asked of the servers.</summary>
    public string Title()
    {
        string idle = IdleConnections > 0 ? $", {IdleConnections} idle connections" : "";
        return $"HTTP GET {Path}: {Connections} connections, pipeline {Pipeline}{idle}; {Rounds} × {Seconds} s after {WarmupSeconds} s of warm-up";
    }
}
