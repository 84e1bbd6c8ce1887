using System.CommandLine;
using System.Diagnostics;
using Reactor.Bench.Throughput.Results;
using Spectre.Console;

namespace Reactor.Bench.Throughput.Inside.Preempt;

/// <summary>The <c>preempt</c> subcommand.</summary>
internal static class PreemptCommand
{
    private static readonly string[] s_columns = ["echoes/s", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "hog's CPU %"];

    public static Command Create()
    {
        Option<int> job = NumberOption.Create("--job", 20, "Milliseconds that one job of the hog takes. Without preemption, nothing else runs for so long.", least: 1);
        return InsideCommand.Create(
            "preempt",
            "The latency of an echo beside work that wants the whole shard, with and without preemption.",
            (settings, arguments, console, cancellation) => RunAsync(TimeSpan.FromMilliseconds(arguments.GetValue(job)), settings, console, cancellation),
            job);
    }

    public static Task<FigureTable> RunAsync(TimeSpan jobTime, InsideSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        TimeSpan quota = new ReactorOptions().TaskQuota;
        return InsideRun.ExecuteAsync(
            "preempt",
            $"Echo of one byte on one connection; the hog's jobs take {jobTime.TotalMilliseconds:N0} ms",
            s_columns,
            [
                Case("alone", hasHog: false, quota),
                Case("beside a hog, preempted", hasHog: true, quota),
                Case("beside a hog, not preempted", hasHog: true, Timeout.InfiniteTimeSpan),
            ],
            settings,
            console,
            cancellation);

        InsideCase Case(string name, bool hasHog, TimeSpan taskQuota) => new(name, async (time, cancellation) =>
        {
            var (latencies, hogShare) = await EchoBesideHog.MeasureAsync(hasHog, taskQuota, time, jobTime, cancellation);
            return [latencies.Count / time.TotalSeconds, At(0.5), At(0.99), At(0.999), At(1), hogShare * 100];

            double At(double part) => Statistics.Quantile(latencies, part) * 1000.0 / Stopwatch.Frequency;
        });
    }
}
