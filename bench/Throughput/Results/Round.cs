using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Results;

/// <summary>What was measured of one candidate in one round: the raw counts, and the figures that follow from them.</summary>
/// <param name="Candidate">The candidate's name.</param>
/// <param name="Number">The round, from 1; figures are compared within a round, because the host has slow phases.</param>
/// <param name="Load">What the load generator saw.</param>
/// <param name="Used">What the server's process tree used meanwhile.</param>
/// <param name="ResidentBytes">The server's memory at the end of the load.</param>
/// <param name="ForeignShare">The share of one core that other processes used.</param>
/// <param name="Idle">The server before the load with idle connections open, when that was asked for.</param>
internal sealed record Round(
    string Candidate, int Number, LoadResult Load, TaskCounters Used, long ResidentBytes, double ForeignShare, IdleFigures? Idle)
{
    public double RequestsPerSecond => Load.Requests / Load.Seconds;

    public double CpuMicrosecondsPerRequest => Used.CpuNanoseconds / 1e3 / Load.Requests;

    /// <summary>The share of one core that the server used while the load lasted.</summary>
    public double Utilisation => Used.CpuNanoseconds / 1e9 / Load.Seconds;

    public double VoluntarySwitchesPerRequest => (double)Used.Voluntary / Load.Requests;

    public double InvoluntarySwitchesPerRequest => (double)Used.Involuntary / Load.Requests;

    public double BytesPerAnswer => (double)Load.BytesRead / Load.Requests;

    public bool IsNoisy => ForeignShare > ForeignLoad.Tolerated;
}

/// <summary>A server that holds connections on which nothing happens.</summary>
/// <param name="Connections">How many.</param>
/// <param name="CpuShare">The share of one core that it uses all the same.</param>
/// <param name="BytesPerConnection">By how much its resident memory grew for each; kernel memory is not in it.</param>
internal sealed record IdleFigures(int Connections, double CpuShare, double BytesPerConnection);
