using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Inside;

/// <summary>How a subcommand that measures within this process does so.</summary>
/// <param name="Rounds">The cases take turns in each.</param>
/// <param name="Time">Of each case in a round.</param>
/// <param name="Files">Where the table goes besides the console.</param>
internal sealed record InsideSettings(int Rounds, TimeSpan Time, ReportFiles Files);
