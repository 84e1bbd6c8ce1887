using System.Diagnostics;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;
using Reactor.Bench.Throughput.Results;

namespace Reactor.Bench.Throughput.Servers;

/// <summary>Measures one candidate in one round, from the start of its process to its end.</summary>
internal sealed class ServerMeasurement(Scenario scenario, LoadTool load)
{
    /// <summary>What a server does on accepting, compiling included, should be over before its idleness is measured.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(5);

    public async Task<Round> RunAsync(Candidate candidate, int number, CancellationToken cancellation)
    {
        using var server = await CandidateProcess.StartAsync(candidate, scenario.Load, cancellation);
        var clock = new CpuClock(server.Id);

        long residentBefore = clock.ReadResidentBytes();
        using var idle = IdleConnections.Open(candidate.Name, server.EndPoint, scenario.IdleConnections, cancellation);
        var idleFigures = idle.Count > 0 ? await MeasureIdleAsync(clock, idle.Count, residentBefore, cancellation) : null;

        var window = new ServerWindow(clock);
        var result = await load.MeasureAsync(candidate.Name, server.EndPoint, scenario.Warmup, scenario.Time, window, cancellation);

        server.ThrowIfEnded();
        idle.ThrowIfAnyClosed(candidate.Name);
        return new Round(candidate.Name, number, result, window.Used, clock.ReadResidentBytes(), window.ForeignShare(result), idleFigures);
    }

    private static async Task<IdleFigures> MeasureIdleAsync(CpuClock clock, int connections, long residentBefore, CancellationToken cancellation)
    {
        await Task.Delay(s_settling, cancellation);
        long grown = clock.ReadResidentBytes() - residentBefore;
        var before = clock.Read();
        var elapsed = Stopwatch.StartNew();
        await Task.Delay(s_idleTime, cancellation);
        var used = clock.Read().Since(before);
        return new IdleFigures(connections, used.CpuNanoseconds / elapsed.Elapsed.TotalNanoseconds, (double)grown / connections);
    }
}
