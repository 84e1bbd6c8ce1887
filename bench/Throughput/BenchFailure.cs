namespace Reactor.Bench.Throughput;

/// <summary>Ends the run with a message for the user and an exit code: a figure that is wrong is worse than none.</summary>
internal sealed class BenchFailure(string message, int exitCode) : Exception(message)
{
    /// <summary>The measurement itself went wrong.</summary>
    public const int Failed = 1;

    /// <summary>The run cannot begin: a tool is missing or the arguments make no sense here.</summary>
    public const int CannotStart = 2;

    public int ExitCode { get; } = exitCode;
}
