namespace Reactor.Bench.Throughput.Load;

/// <summary>What is asked of a server, and how.</summary>
internal sealed record LoadSettings
{
    public required Protocol Protocol { get; init; }

    /// <summary>Connections kept busy.</summary>
    public required int Connections { get; init; }

    /// <summary>Requests sent at once on each connection.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>What HTTP asks for.</summary>
    public string Path { get; init; } = "/plaintext";

    /// <summary>The bytes of one echo.</summary>
    public int PayloadBytes { get; init; } = 64;

    /// <summary>Requests a second on all connections together, sent at their times whether answers come or not; null sends the next request when the answer is there.</summary>
    public int? Rate { get; init; }

    /// <summary>A connection ends after so many requests, and a new one takes its place; null keeps them all.</summary>
    public int? RequestsPerConnection { get; init; }

    /// <summary>The generator's shard never sleeps: for latencies that are the server's alone.</summary>
    public bool Spins { get; init; }
}
