using System.CommandLine;

namespace Reactor.Bench.Throughput.Preempt;

/// <summary>The <c>preempt</c> subcommand.</summary>
internal static class PreemptCommand
{
    public static Command Create()
    {
        Option<int> rounds = NumberOption.Create("--rounds", 5, "Rounds; the cases take turns in each.", least: 1);
        Option<int> seconds = NumberOption.Create("--seconds", 3, "Seconds measured in each round.", least: 1);
        Option<int> job = NumberOption.Create("--job", 20, "Milliseconds that one job of the hog takes. Without preemption, nothing else runs for so long.", least: 1);
        var command = new Command("preempt", "The latency of an echo beside work that wants the whole shard, with and without preemption.")
        {
            rounds, seconds, job,
        };
        command.SetAction((arguments, cancellation) => new PreemptRun
        {
            Rounds = arguments.GetValue(rounds),
            Time = TimeSpan.FromSeconds(arguments.GetValue(seconds)),
            JobTime = TimeSpan.FromMilliseconds(arguments.GetValue(job)),
        }.ExecuteAsync(cancellation));
        return command;
    }
}
