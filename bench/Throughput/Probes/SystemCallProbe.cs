using System.Diagnostics;
using Reactor.Bench.Throughput.Candidates;
using Reactor.Bench.Throughput.Clocks;
using Reactor.Bench.Throughput.Load;

namespace Reactor.Bench.Throughput.Probes;

/// <summary>Counts a server's system calls under load with strace, which slows each of them: nothing else is measured meanwhile.</summary>
internal static class SystemCallProbe
{
    /// <summary>Rarer ones are the process's own housekeeping.</summary>
    private const double LeastPerRequest = 0.0005;

    private static readonly TimeSpan s_attaching = TimeSpan.FromSeconds(1);

    public static bool IsAvailable => ExternalTool.Find("strace") is not null;

    /// <returns>Calls for each request, by name, the most frequent first.</returns>
    public static async Task<IReadOnlyDictionary<string, double>> RunAsync(
        CandidateProcess server, LoadTool load, TimeSpan time, TemporaryFolder folder, CancellationToken cancellation)
    {
        string output = folder.PathOf("strace.txt");
        string[] arguments = ["-c", "-f", "-q", "-o", output, .. new CpuClock(server.Id).Processes().SelectMany(process => (string[])["-p", $"{process}"])];
        using var strace = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
        var errors = strace.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await Task.Delay(s_attaching, cancellation);
            if (strace.HasExited)
            {
                throw new BenchFailure($"strace cannot look at {server.Candidate.Name}: {await errors}", BenchFailure.Failed);
            }

            var result = await load.MeasureAsync(server.Candidate.Name, server.EndPoint, TimeSpan.Zero, time, new NoWindow(), cancellation);
            return await CountAsync(strace, output, result.AllRequests, cancellation);
        }
        finally
        {
            if (!strace.HasExited)
            {
                strace.Kill();
            }
        }
    }

    private static async Task<IReadOnlyDictionary<string, double>> CountAsync(Process strace, string output, long requests, CancellationToken cancellation)
    {
        // It writes its table when it is asked to end.
        await ExternalTool.RunAsync("kill", ["-INT", $"{strace.Id}"], Repository.Root, cancellation);
        await strace.WaitForExitAsync(cancellation);
        return StraceOutput.Parse(await File.ReadAllTextAsync(output, cancellation))
            .Select(call => (call.Key, Value: (double)call.Value / requests))
            .Where(call => call.Value >= LeastPerRequest)
            .OrderByDescending(call => call.Value)
            .ToDictionary(call => call.Key, call => call.Value);
    }

    private sealed class NoWindow : MeasuredWindow
    {
        public override void Begin()
        {
        }

        public override void End()
        {
        }
    }
}
